/*
 * stream.h - made-up answers of the Messages API, as string literals.
 */
#ifndef TESTS_AGENT_STREAM_H
#define TESTS_AGENT_STREAM_H

#define EVENT(name, members) \
	"event: " name "\ndata: {\"type\":\"" name "\"" members "}\n\n"

#define START                                                  \
	EVENT("message_start",                                 \
	      ",\"message\":{\"usage\":{\"input_tokens\":100," \
	      "\"output_tokens\":1,\"cache_read_input_tokens\":7}}")
#define END(reason)                                                           \
	EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" reason "\"}," \
			       "\"usage\":{\"output_tokens\":20}")            \
	EVENT("message_stop", "")

/* The three events of a block; its members begin with its type. */
#define BLOCK(index, members)        \
	EVENT("content_block_start", \
	      ",\"index\":" index ",\"content_block\":{\"type\":" members "}")
#define DELTA(index, members)        \
	EVENT("content_block_delta", \
	      ",\"index\":" index ",\"delta\":{\"type\":" members "}")
#define STOP(index) EVENT("content_block_stop", ",\"index\":" index)

#define TEXT(index, text) \
	BLOCK(index, "\"text\",\"text\":\"" text "\"") STOP(index)
#define TEXT_PIECE(index, text) \
	DELTA(index, "\"text_delta\",\"text\":\"" text "\"")
#define USE(index, id, name)                                           \
	BLOCK(index, "\"tool_use\",\"id\":\"" id "\",\"name\":\"" name \
		     "\",\"input\":{}")
#define INPUT_PIECE(index, json) \
	DELTA(index, "\"input_json_delta\",\"partial_json\":\"" json "\"")
#define CALL(index, id, name, input) \
	USE(index, id, name) INPUT_PIECE(index, input) STOP(index)

#define PROPOSE(id, input) \
	START CALL("0", id, "propose_repair", input) END("tool_use")

#endif
