#include "agent/block.h"
#include "agent/failure.h"
#include "sandbox/json.h"

/* How the pieces of a member are put together. */
enum way {
	WAY_STRING, /* insides of strings, still escaped */
	WAY_PARSED, /* decoded; together they are JSON */
	WAY_LIST,   /* values of an array */
};

static const struct {
	const char *delta;  /* its type */
	const char *piece;  /* the delta's member */
	const char *member; /* the block's */
	enum way way;
} growths[BLOCK_GROWTHS] = {
	[BLOCK_TEXT] = {"text_delta", "text", "text", WAY_STRING},
	[BLOCK_THINKING] = {"thinking_delta", "thinking", "thinking",
			    WAY_STRING},
	[BLOCK_SIGNATURE] = {"signature_delta", "signature", "signature",
			     WAY_STRING},
	[BLOCK_INPUT] = {"input_json_delta", "partial_json", "input",
			 WAY_PARSED},
	[BLOCK_CITATIONS] = {"citations_delta", "citation", "citations",
			     WAY_LIST},
};

struct block *
block_new(const struct json *json, int content_block)
{
	struct block *block = xcalloc(1, sizeof(*block));

	block->start = json_raw_copy(json, content_block);
	return block;
}

void
block_free(struct block *block)
{
	if (block == NULL)
		return;
	for (int i = 0; i < BLOCK_GROWTHS; i++)
		buffer_free(&block->grown[i]);
	free(block->start);
	free(block);
}

/* --- Growing -------------------------------------------------------------- */

/* What stands between the quotes of a string or the brackets of an array. */
static void
add_inside(struct buffer *buffer, const struct json *json, int node)
{
	size_t size;
	const char *raw = json_raw(json, node, &size);

	buffer_add(buffer, raw + 1, size - 2);
}

static void
add_piece(struct buffer *grown, enum way way, const struct json *json,
	  int piece)
{
	auto_free char *text = NULL;

	if (way == WAY_STRING) {
		add_inside(grown, json, piece);
		return;
	}
	text = way == WAY_PARSED ? json_string(json, piece)
				 : json_raw_copy(json, piece);
	if (way == WAY_LIST && grown->size > 0)
		buffer_add_text(grown, ",");
	buffer_add_text(grown, text);
}

static int
grow_member(struct block *block, enum block_growth growth,
	    const struct json *json, int delta, struct error *err)
{
	int piece = json_member(json, delta, growths[growth].piece);
	bool is_list = growths[growth].way == WAY_LIST;
	size_t size;

	if (!json_is(json, piece, is_list ? JSON_OBJECT : JSON_STRING))
		return fail_model(err, "protocol", "a %s without %s",
				  growths[growth].delta, growths[growth].piece);
	json_raw(json, piece, &size);
	block->size += size;
	if (block->size > BLOCK_SIZE_MAX)
		return fail_model(err, "protocol",
				  "a block of more than %d bytes",
				  BLOCK_SIZE_MAX);
	add_piece(&block->grown[growth], growths[growth].way, json, piece);
	return 0;
}

int
block_grow(struct block *block, const struct json *json, int delta,
	   struct error *err)
{
	auto_free char *type =
		json_string(json, json_member(json, delta, "type"));

	for (int i = 0; i < BLOCK_GROWTHS; i++)
		if (same_text(type, growths[i].delta))
			return grow_member(block, (enum block_growth)i, json,
					   delta, err);
	return 0;
}

/* --- Finishing ------------------------------------------------------------ */

/* At most JSON_DEPTH_MAX calls deep: the scanner has seen to that. */
static int
depth_of(const struct json *json, int node)
{
	int deepest = 0;

	if (!json_is(json, node, JSON_OBJECT) &&
	    !json_is(json, node, JSON_ARRAY))
		return 0;
	for (int child = json_first(json, node); child != JSON_NONE;
	     child = json_next(json, child)) {
		int depth = depth_of(json, child);

		if (depth > deepest)
			deepest = depth;
	}
	return deepest + 1;
}

/* The pieces of an input are the model's own JSON, and nobody has looked at
 * it yet. */
static bool
is_input(const struct buffer *grown)
{
	auto_json struct json *json = NULL;
	struct error unsaid = NO_ERROR;

	return json_scan(&json, grown->text, grown->size, &unsaid) == 0 &&
	       json_is(json, 0, JSON_OBJECT) &&
	       depth_of(json, 0) < BLOCK_DEPTH_MAX;
}

/* The member as it was (`node`, or JSON_NONE) and what grew onto it. */
static void
write_grown(struct buffer *out, const struct json *json, int node,
	    const struct buffer *grown, enum way way)
{
	if (way == WAY_PARSED) {
		buffer_add_text(out, is_input(grown) ? grown->text : "{}");
	} else if (way == WAY_STRING) {
		buffer_add_text(out, "\"");
		if (json_is(json, node, JSON_STRING))
			add_inside(out, json, node);
		buffer_add_text(out, grown->text);
		buffer_add_text(out, "\"");
	} else {
		buffer_add_text(out, "[");
		if (json_is(json, node, JSON_ARRAY) &&
		    json_count(json, node) > 0) {
			add_inside(out, json, node);
			buffer_add_text(out, ",");
		}
		buffer_add_text(out, grown->text);
		buffer_add_text(out, "]");
	}
}

/* Which growth is this member's; BLOCK_GROWTHS when nothing grew onto it. */
static int
growth_of(const struct block *block, const char *name)
{
	int i = 0;

	while (i < BLOCK_GROWTHS && (block->grown[i].size == 0 ||
				     !same_text(growths[i].member, name)))
		i++;
	return i;
}

/* The members of the start, in their order. */
static void
write_members(struct buffer *out, const struct block *block,
	      const struct json *json)
{
	for (int node = json_first(json, 0); node != JSON_NONE;
	     node = json_next(json, node)) {
		const struct json_node *member = &json->nodes[node];
		auto_free char *name = json_key(json, node);
		auto_free char *raw = json_raw_copy(json, node);
		int growth = growth_of(block, name);

		if (node != json_first(json, 0))
			buffer_add_text(out, ",");
		buffer_add(out, json->text + member->key_start,
			   member->key_end - member->key_start);
		buffer_add_text(out, ":");
		if (growth == BLOCK_GROWTHS)
			buffer_add_text(out, raw);
		else
			write_grown(out, json, node, &block->grown[growth],
				    growths[growth].way);
	}
}

/* Members that grew out of nothing, such as the citations of a text. */
static void
write_new_members(struct buffer *out, const struct block *block,
		  const struct json *json)
{
	for (int i = 0; i < BLOCK_GROWTHS; i++) {
		const char *name = growths[i].member;

		if (block->grown[i].size == 0 ||
		    json_member(json, 0, name) != JSON_NONE)
			continue;
		buffer_add_text(out, ",\"");
		buffer_add_text(out, name);
		buffer_add_text(out, "\":");
		write_grown(out, json, JSON_NONE, &block->grown[i],
			    growths[i].way);
	}
}

/* A frame is one line, and the model may have broken its JSON into several. */
static char *
on_one_line(const struct buffer *json)
{
	char *text;
	size_t size;
	FILE *out = xmemstream(&text, &size);

	json_write_compact(out, json->text, json->size);
	fclose(out);
	return text;
}

int
block_finish(struct block_done *ret_done, const struct block *block,
	     struct error *err)
{
	const struct buffer *input = &block->grown[BLOCK_INPUT];
	auto_json struct json *start = NULL, *json = NULL;
	auto_free char *line = NULL;
	struct buffer text = {0};

	if (json_scan(&start, block->start, strlen(block->start), err) < 0)
		return fail_model(err, "protocol", "a block that is no JSON");
	buffer_add_text(&text, "{");
	write_members(&text, block, start);
	write_new_members(&text, block, start);
	buffer_add_text(&text, "}");
	line = on_one_line(&text);
	buffer_free(&text);
	if (json_scan(&json, line, strlen(line), err) < 0 ||
	    depth_of(json, 0) > BLOCK_DEPTH_MAX)
		return fail_model(err, "protocol",
				  "a block that can't be given back");
	*ret_done = (struct block_done){
		.text = take(line),
		.json = take(json),
		.is_input_valid = input->size == 0 || is_input(input),
	};
	return 0;
}

void
block_done_free(struct block_done *done)
{
	json_free(done->json);
	free(done->text);
	*done = (struct block_done){0};
}
