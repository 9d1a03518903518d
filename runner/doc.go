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
//     Of what could start, the longest chain goes first (path.go).
//     A worker has it once one of as many slots as the parallelism is free, and
//     its model has room (slot.go).
//  3. work (attempt.go) holds the slot from here to the terminal answer. freshen
//     (freshen.go) makes sure that the URL of task.base can still be fetched.
//     submit (submit.go) waits for its turn at the pace of the model; then
//     intend takes the price out of the purse (money.go) and writes, in one
//     commit, the record as submitting with a nonce and the reservation. Only
//     then does post send the request.
//  4. judgeSubmit (verdict.go) sorts the answer. Accepted: the task ID is on
//     disk before anything else happens. Provably nothing created: the intent
//     is taken back and, if that can help, the request is sent again. Anything
//     else: in doubt (doubt.go), reservation kept, and not submitted again
//     unless the configuration asks for that.
//  5. poll (poll.go) asks for the task when it is likely to have ended (due.go), by
//     the processing times that were learned (times.go), until settle finds a
//     terminal answer (taskend.go) and records it. A failed task is sorted by the
//     table of fail codes; again (attempt.go) decides whether a further, paid
//     attempt is worth it.
//  6. The worker reports the job back, or leaves it to rest (rest.go). ended
//     publishes its outcome, which wakes those that wait for it, and puts it in
//     line for fetch (fetch.go), which downloads (download.go) to a temporary
//     file, makes it durable, gives it its name (output.go) and records the
//     artifact.
//  7. summarize (summary.go) counts every action once.
//
// # Guards, imports, removals
//
// release evaluates preconditions once more when all that they use is known
// (prevented, judge.go): a false one ends the job before anything is paid, and is
// not recorded, since the next plan sees the same. Postconditions judge a result
// when its files are on disk (delivers): until then nobody uses it. A rejected one
// is a success with a failure beside it, and counts for the breaker.
//
// An import (adopt.go) asks the API for the task, and writes it down as the
// instance's own in one commit with a charge of nothing. From then on it is
// collected as any other. The ledger shows it as settled by import.
//
// Before the first job, ready writes what the plan found out about records (amend)
// and drops those that removed blocks name (drop), up to some thousand in a commit.
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
//	file recorded, unjudged  paid                          judged by the next plan
//	import, unrecorded       nothing is known of it        asked for again
//
// An older file that makes room for a new one has both its names while the second
// is recorded (retire.go). Unfinished downloads are removed at the start of the
// next run (parts.go).
//
// # Money
//
// The price of a submit, the high end where it is a range, is set aside before
// the submit leaves (money.go), in the commit of the intent. It stays set aside
// wherever it may have been charged: after acceptance, in doubt, after a 5xx,
// after a failure. A refusal that proves that nothing was created gives it back.
// So a budget holds whatever is in flight, and whenever a run is cut.
//
// The balance (balance.go) is read before the first submit of a run that pays,
// once a minute while submits are made, and after the end of a run that may have
// spent something. The first and the last reading are kept in the state, as
// evidence on doubts, and the summary holds them against what the run should have
// cost.
//
// Failures are bought dearly, so a breaker counts them (halt.go), and until a
// model has had one success at most 32 of its tasks are in flight (queue.go),
// whatever the parallelism, unless the caller never halts. A task that fails for a
// limit holds its whole model back, like a refusal of its submit (limited.go).
//
// # Limits remembered
//
// A limit that no file declares is found by being refused (package pace). What is found
// of a model, the time between two calls and the number of tasks that were let in, is
// put into the state's "limits" with the time of the last refusal (found.go), at most
// once a minute and at the end of the run. The next run begins with that (newPace): no
// call starts sooner for it, and the older it is, the less it counts. What has turned
// out to be no limit is taken out. A killed run loses a minute of it, and nothing else.
//
// # Log
//
// Options.Log gets one entry for each call of the API and each request for a file
// (log.go), with what APIXO's support asks for: submits at info, polls, readings
// of the balance and downloads at debug, and at warn whatever was refused, could
// not be read or is in doubt. Events are in it too, and at trace the bodies of
// requests and answers. An entry is written after what it tells of is on disk.
// Nothing sensitive is in it: inputs stand as in the state, answers pass the
// redactors, a body is left out where it could hold what nobody knows any more, and
// URLs lose their queries below trace (log_texts.go).
//
// What an answer says of a task is hidden in the same way before it is recorded or told.
// Where its input had something sensitive that nobody knows any more, since it was
// changed or is declared no more, no message and no raw result is kept at all, but for
// the identifier of a voice.
//
// # Collecting only
//
// A plan for a download has nothing that pays, so no job ever submits. Options.AskOnce
// asks for each task that runs at once instead of by its schedule, and detaches from
// one that has not ended (askonce.go); Options.Only leaves some instances alone.
//
// # How long it takes
//
// TimeLeft (outlook.go, guess.go) guesses that from the events of the run and the times
// that were learned. Until the last submit all slots work: their work, or the rate of submits
// where that is less than slots allow, tells when that is. What runs by then ends when
// the last of it does, which is late where tasks are many; a chain of tasks takes no
// less than its sum. No documented time is in it.
//
// # Stopping
//
// Four things end differently. The brake (stop.go) ends submitting and nothing
// else: no money left, a budget, a run of equal failures. A cancelled context
// also ends polls and downloads, which cost nothing to take up again; a POST
// that is out is always waited for and recorded. A rule that halts at once does
// the same without a cancelled context. An error ends the run: without
// a key that is accepted, nothing may go on.
//
// A state that cannot be written (unwritable.go) is both. It pulls the brake at
// once, since an intent must be durable, and intents whose POST has not left are
// not sent. What runs is still polled and downloaded, with its records in memory:
// the next run finds the files and adopts them. The run then ends with a
// *StateError. The ID of a task that is accepted meanwhile is written to an errored
// file somewhere else (errored.go), and only then told; SettleLate (late.go) takes
// it back by the nonce of its submit. Nonces also name the submits by which
// nothing was created (Unsent): the address alone could mean what came before.
//
// # In doubt
//
// A submit in doubt keeps its reservation and is left alone until somebody says
// what came of it (resolve.go), a late answer arrives (late.go), or, where
// on_in_doubt is "resubmit", another submit follows (doubt.go): at once in the run
// in which the doubt arises, and as a retry in later ones, at most max_attempts
// submits in all. The doubt is given up in one commit with the intent of its
// successor, so it is lost to view at no moment; it moves into the record's past
// with its reservation, and a late answer still finds it there; so does one to a
// doubt that was taken for not charged. Where the instance has no result by then,
// the task of the late answer becomes its own, and nothing is bought again. resume never
// submits after a doubt, nor is it done for a request that has changed or is no
// longer declared. WeighBalance (evidence.go) says what the balances that were
// read tell of doubts.
//
// # Webhooks
//
// With a CallbackURL each submit names a URL of its own, which ends in its nonce. APIXO
// posts the end of the submit's task there (webhook.go), and repeats that no more once
// it was answered with 200. So the task that is named for a submit without one is in the
// state's ledger before that, whoever works on its instance meanwhile; see package
// state. If it cannot be written, or read, the answer is 503. Nothing in a delivery is
// signed, so it decides nothing. It rings for the job of the submit (delivery.go):
//
//	the submit's task runs      the worker asks for it now (untilPoll, announced.go)
//	its answer is awaited       the answer decides; if it is lost, the name is there
//	anything else               the scheduler rouses the job (rest.go), which asks the
//	                            API for the task that was named (settleNamed, named.go)
//
// One rule holds: nothing is submitted for a request while a task is named for an
// earlier submit of it, be that in doubt, ended in a 5xx, refused or taken for not
// charged. It is a condition of the commit of the intent (intend, submit.go), so a name
// that was answered with 200 before the intent was on disk is never too late. The name
// is settled when the API confirms the task (confirm.go): one of the submit's model and
// this key, ended, as old as the submit if the API tells its age, and no other submit's.
// Only the last is ever denied, and then in nobody's way. Of all else nobody is sure:
// the API may not know the task yet, and clocks may differ. So it is asked again, ever
// more seldom, while the run lasts, which waits a minute for it; then the instance is in
// doubt, for a person or the next run. Every run asks for the names that it finds, with
// webhooks or without.
//
// A confirmed task is the instance's if that has nothing else to show for the request,
// and the job goes on with it in the same run, also where its own task has ended (carry,
// attempt.go). Else, and where the job has another request by now, it is an earlier task
// of the instance (past.go): its end is recorded, and its files are saved beside the
// others, each as it comes; the Summary tells what is missing. What a
// delivery names may have been charged, so money that had been given back for it counts
// again, also beyond a budget, and a refusal after it gives nothing back.
//
// Where a submit may have been accepted, in doubt or after a 5xx, its delivery is waited
// for before another is made: from the submit on for the task's timeout, at least 3 min,
// in which it is repeated twice, and at most 30 (patience, rest.go). That holds for
// submits of earlier runs too, for the state does not say which asked for a delivery. A
// job that waits holds no slot. The breaker counts its doubt at once, and takes it back
// if it is settled. No wait begins once three tasks in a row have ended without a
// delivery, until one comes: then everything is polled and repeated as without webhooks.
//
// When a run ends nothing is asked for any more: what was named is on disk. Only where
// the state cannot be written the process remembers it, and what the API confirms then
// is kept in the errored file.
//
// Who knows the nonce, which is APIXO, could name another task of the same minutes
// that nobody else has claimed; no answer of the API tells what a task was made from.
// Who forges a name that the API does not confirm brings the instance in doubt, and no
// further. Nonces are kept out of the log and the messages while webhooks are taken.
// Lists of doubts, and of what a run ended with, show them, for resolve -submit: whoever
// reads those can post names.
//
// Deliveries may be lost, so polling goes on, late and rarely (safetyNet). No delivery
// makes a poll sooner after the last one than the model's interval.
//
// A 400 says that a parameter is bad and not which, and its text may quote what a user
// wrote. So as long as no submit with the callback URL was accepted, one that gets a 400
// is sent again without (callback.go), which is free, since nothing was created. If that
// is accepted, the callback URL is refused: the run goes on by polling, and says so.
package runner
