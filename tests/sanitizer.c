/*
 * sanitizer.c - linked into pgmend alone, and only under a sanitizer: the leak
 * checker traces its process from a thread, which the supervisor's own filter
 * forbids. The unit tests look for leaks instead.
 */
const char *__asan_default_options(void);

__attribute__((visibility("default"))) const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}
