#include "agent/failure.h"

static const struct {
	const char *type;
	int status;
	const char *word;
} failures[] = {
	{"invalid_request_error", 400, "invalid_request"},
	{"authentication_error", 401, "auth"},
	{"billing_error", 402, "auth"},
	{"permission_error", 403, "auth"},
	{"not_found_error", 404, "invalid_request"},
	{"request_timeout_error", 408, "unreachable"},
	{"conflict_error", 409, "unreachable"},
	{"request_too_large", 413, "invalid_request"},
	{"rate_limit_error", 429, "rate_limited"},
	{"api_error", 500, "unreachable"},
	{"timeout_error", 504, "unreachable"},
	{"overloaded_error", 529, "overloaded"},
};

bool
is_model_failure(const struct error *err)
{
	return err->reason == EXIT_TEMPFAIL;
}

const char *
failure_of_type(const char *type)
{
	for (size_t i = 0; i < array_size(failures); i++)
		if (same_text(failures[i].type, type))
			return failures[i].word;
	return "protocol";
}

const char *
failure_of_status(int status)
{
	for (size_t i = 0; i < array_size(failures); i++)
		if (failures[i].status == status)
			return failures[i].word;
	if (status >= 500)
		return "unreachable";
	return status >= 400 ? "invalid_request" : "protocol";
}

bool
failure_may_pass(const struct error *err)
{
	static const char *const passing[] = {"unreachable", "overloaded",
					      "rate_limited", "protocol"};

	for (size_t i = 0; i < array_size(passing); i++)
		if (same_text(passing[i], err->code))
			return true;
	return false;
}
