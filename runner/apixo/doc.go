// Package apixo is the HTTP API of APIXO and nothing else: submit a task, ask
// for its status, ask for the balance. It knows no state, no retries and no
// pace.
//
// # Evidence, not judgement
//
// A submit costs money, and nothing in the API makes a repeated one safe. So a
// call does not return "ok or error" but an [Answer], the evidence of what
// happened, and the caller decides whether the submit was accepted, refused or
// is in doubt:
//
//	       Submit
//	          |
//	no response --- Sent false: the API never had a whole request
//	  |        \--- Sent true:  nobody knows
//	  |
//	a response --- Envelope true:  the API's own words: Code, Message
//	           \-- Envelope false: somebody else's, or damaged
//	  |
//	TaskID, from either, whatever else the answer says
//
// Sent is conservative. It is false only where no whole request can have left:
// the headers were not written (net/http/httptrace) and the body was never
// read. Once a call has been found unsent its body is closed for good, so a
// transport that still holds the request cannot send it afterwards. This holds
// for any RoundTripper, also one that does not know httptrace: to send a body it
// has to read it.
//
// # One POST is one POST
//
// net/http repeats requests by itself when a kept connection breaks: those
// without a body, those whose body it can have again from GetBody, and POSTs
// that carry an Idempotency-Key or X-Idempotency-Key header. A submit has a
// body, no GetBody, and neither header. Redirects are not followed: calls go to
// the RoundTripper directly, and a 3xx is an answer like any other. What HTTP/2
// calls unprocessed (GOAWAY, REFUSED_STREAM) counts as sent: it is the word of
// whatever ended the connection, after the request was out.
//
// # Asleep
//
// A laptop sleeps, a process is stopped: the answer to a POST comes meanwhile, or
// is lost, and so may every kept connection be. So timeouts count only the time
// in which the process is awake (package awake), and an answer that is there is read
// before anybody loses patience. After a pause, and after a call that had no
// answer in time, nothing new is sent over the connections that were open: the
// Client goes on with a new set (connections). No timer but a call's own ends a
// connection that awaits an answer.
//
// # Hostile answers
//
// Bodies are read up to 4 MiB, headers up to 64 KiB, texts kept up to 8 KiB, task
// IDs up to 64 KiB, result URLs up to 1,000. Nothing is decompressed. Keys of JSON
// objects are matched exactly, and an object that has one twice is none: two
// readers could take it for two things. The API key is replaced by "(sensitive)"
// in the body before it is parsed, and in every error. Texts for people may hold
// control characters; whoever prints them escapes them.
package apixo
