// Package runner carries out a plan: it submits, polls and downloads, and
// records each step before it takes the next.
//
// # The way of one task
//
// Take task.shot["night"], which uses the result of task.base and was never
// submitted. Before it was approved, CheckPlaces (places.go) has seen that no
// foreign file stands where its result will go. Runner.Run (runner.go) is given
// the plan, makes sure that results can be written, gives renamed records their
// new addresses, and begins a run.
//
//  1. newScheduler (schedule.go) turns actions into jobs (job.go). That of
//     task.shot["night"] waits, since task.base has no result yet (depend.go).
//     Had an earlier request of the address a task running, that would be
//     collected first, whatever the rest waits for.
//  2. When task.base has its result, release (depend.go) evaluates the input,
//     holds its price against what was approved, and queues the job (queue.go).
//     loop hands it to an errgroup whose limit is the parallelism, once its
//     model has room.
//  3. work (attempt.go) holds a slot from here to the terminal answer. freshen
//     (freshen.go) makes sure that the URL of task.base can still be fetched.
//     submit (submit.go) waits for its turn at the pace of the model; then
//     intend takes the price out of the purse (money.go) and writes, in one
//     commit, the record as submitting with a nonce and the reservation. Only
//     then does post send the request.
//  4. judgeSubmit (verdict.go) sorts the answer. Accepted: the task ID is on
//     disk before anything else happens. Provably nothing created: the intent
//     is taken back and, if that can help, the request is sent again. Anything
//     else: in doubt, reservation kept, never submitted again by itself.
//  5. poll (poll.go) asks for the task by its model's schedule until settle
//     finds a terminal answer and records it. A failed task is sorted by the
//     table of fail codes; again (attempt.go) decides whether a further, paid
//     attempt is worth it.
//  6. The worker reports the job back. ended publishes its outcome, which wakes
//     those that wait for it, and puts it in line for fetch (fetch.go), which
//     downloads (download.go) to a temporary file, makes it durable, gives it
//     its name (output.go) and records the artifact.
//  7. summarize (summary.go) counts every action once.
//
// # Where a run can be cut
//
// Anywhere. What is on disk at each line, and what the next run makes of it:
//
//	before the intent        nothing was sent              submitted
//	intent, no answer        maybe paid                    in doubt, shown, left alone
//	task ID                  paid                          polled
//	terminal answer          paid                          downloaded, or sorted by its failure
//	file complete, unnamed   paid                          downloaded again
//	file named, unrecorded   paid                          adopted: its content is equal
//
// # Stopping
//
// Three things end differently. The brake (stop.go) ends submitting and nothing
// else: no money left, a budget, a run of equal failures. A cancelled context
// also ends polls and downloads, which cost nothing to take up again; a POST
// that is out is always waited for and recorded. An error ends the run: without
// a state that can be written, or a key that is accepted, nothing may go on.
package runner
