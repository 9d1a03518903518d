// Package simulator is the generation API in one process: an http.Handler that
// takes tasks, bills them, lets them run, fails them, serves their results, and
// keeps the books that other code is judged by.
//
//	POST /api/v1/generateTask/{model} --> key? pace? readable?
//	                                                   --> fault, funds, room? --> ledger --> answer
//	                                                                                 |
//	GET  /api/v1/statusTask/{model}   --> key? pace? --> task ID = the task, signed <+
//	GET  /files/{task ID}/{n}.{ext}   --> task ID = the task, signed --> picture, video or tone
//	POST callback_url                 <-- the end of a task with request_type callback
//	GET  /ledger, /stats              --> the books, for a judge in another process
//
// It is written from the API's document and does not import the client, so that
// a misreading has to be made twice before it goes unseen. Where the document
// is silent the simulator is strict: an alias of a model is 404, a missing
// Content-Type is 400, a price range is charged at its high end. Parameters are
// checked only if the Config says so, since the catalog is advice.
//
// What it promises:
//
//   - A submit that was accepted is in the ledger before any byte of the answer
//     is sent, and in the ledger file by one write. So what a client does after
//     a lost answer can be judged, also if the client is killed.
//
//   - The same seed gives the same weather. Latency, faults and failures are
//     drawn from the seed, the input, and how often that input was submitted,
//     whatever the order in which requests arrive.
//
//   - A task ID is the whole task: when it was accepted, how long it runs, how
//     it ends, what its results look like, with a checksum keyed by the seed.
//     Another process with the same seed answers for it like the first. IDs that
//     were made up are 404. What is not in the ID is forgotten with the process:
//     how many status calls a fault has eaten, and how many tasks run.
//
//   - Results are real files that a person can tell apart: pictures with the
//     prompt's first words on a colour and pattern of their own, MP4 videos of two
//     seconds that show such a picture, two seconds of sound for audio. All say
//     SIMULATED, but for the sound. Pictures are PNG, JPEG, WebP or animated GIF,
//     sound is WAV or MP3: as the input's output_format or format says, or else
//     the model's default in the catalog, or else PNG and WAV.
//     The font has Latin, Greek and Cyrillic letters; others are drawn as boxes.
//     ResultFile computes the bytes for tests.
//
//   - Time is package time's, so all of it runs in a testing/synctest bubble.
//     Serve makes a server and a transport without sockets for that.
//
//   - A webhook goes to the callback URL of its submit and nowhere else: over https,
//     or plainly to a loopback address, without following redirects. Close leaves
//     none behind. What was due then is forgotten: a task ID does not hold it.
//
// Not simulated: the routing that provider chooses, files of other types than
// these, fetching the URLs that an input names.
//
// How to make it misbehave stands in Manual.
package simulator
