/*
 * post.h - what goes through the door when Claude is asked: frames between the
 * supervisor and the agent, and between the supervisor and the courier.
 *
 * All are lines (wire.h) of JSON. Bytes that nobody on the way may interpret
 * (answers of the API) travel as base64 in chunks of at most POST_CHUNK_MAX
 * bytes before encoding.
 *
 * Agent to supervisor, a request of the session like any other:
 *   {"jsonrpc":"2.0","id":7,"method":"pgmend/model",
 *    "params":{"_meta":{...},"body":{...Messages API request...}}}
 * Supervisor to agent, any number of chunks, then the answer:
 *   {"jsonrpc":"2.0","method":"pgmend/model_chunk","params":{"bytes":"..."}}
 *   {"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","status":200,
 *    "headers":{"retry-after":"3","request-id":"req_1"},"failure":null}}
 * `status` is 0 and `failure` a stable word when no answer came: unreachable,
 * tls, cut, too_large, timeout, protocol. The chunks then are incomplete.
 *
 * Supervisor to courier, once, before anything else:
 *   {"pgmend_courier":1,"url":"https://host/v1/messages",
 *    "headers":["content-type: application/json", ...],
 *    "auth":"x-api-key"|"bearer"|"aws:amz:REGION:SERVICE",
 *    "secret":"...","ca":"PEM text"|null,"proxy":"http://host:port"|null}
 * and then one request at a time, the body exactly as the agent wrote it:
 *   {"request":1,"timeout_ms":60000,"body":{...}}
 * Courier to supervisor, in answer to a request:
 *   {"certificate":"1f3e9a44"}           asks for the CA certificates with this
 *                                        subject hash (as in a hashed folder)
 *   {"status":200,"headers":{"retry-after":"3"}}
 *   {"bytes":"..."}                      any number
 *   {"end":1,"failure":null}             or a word as above
 * Supervisor to courier, in answer to a question for certificates:
 *   {"certificates":"PEM text, may be empty"}
 */
#ifndef SANDBOX_POST_H
#define SANDBOX_POST_H

#include <stdbool.h>
#include <stddef.h>

#define POST_SLOTS 4		    /* connections of a courier in a run */
#define POST_SLOT_DESCRIPTOR 3	    /* the first one, in the courier */
#define POST_CHUNK_MAX 32768	    /* bytes before base64 */
#define POST_ANSWER_MAX (4 << 20)   /* bytes of one answer's body */
#define POST_CERTIFICATES_MAX 65536 /* bytes of PEM for one hash */

/* The response headers that are passed on, in lower case; all others are
 * dropped. NULL-terminated. */
extern const char *const post_headers[];
/* The words for a failure, as above. NULL-terminated. */
extern const char *const post_failures[];
/* True when the word is one of such a list. */
bool post_lists(const char *const *list, const char *word);

/* Base64 without line breaks; the caller frees. */
char *post_encode(const void *bytes, size_t size);
/* NULL when it isn't base64, or not in its one canonical form. A zero byte is
 * behind the last one. The caller frees. */
void *post_decode(const char *text, size_t *ret_size);

#endif
