// Package view shows plans, progress, summaries and diagnostics: to people as
// text, to programs as JSON lines, and in a job of GitHub Actions as annotations. It
// decides nothing. All views are given the same facts, so that none knows more than
// another, and a command may have several of them at once (views.go).
//
// What stands where:
//
//	stdout   the answer: a plan, a summary, a listing; with -json nothing but
//	         JSON lines in the shapes of Terraform's machine-readable UI
//	stderr   progress, warnings, questions, and the log above the live area
//
// The types of the JSON lines are in lines.go and line_types.go, and the schema that
// help events shows is made of them. No run waits for whoever reads them: see stream.
//
// Where a function returns no error, what it writes is not checked: whoever made
// the writer asks that for its error at the end, and no run stops because nobody
// reads of it.
//
// # Progress
//
// On a terminal a run has an area of a few lines at its foot, below those that stay:
//
//	task.hero["gun"]: failed: content_policy (SensitiveContent)
//	   42% [=========>              ]  50/120 ended, 1m20s, ETA 1m50s
//	  49 done, 1 failed, 32 running, $2.46 of $3.60
//	  slowed by the API, next call in 12s
//
// Elsewhere each finished task has a line, and now and then one tells the same as the
// area. Events come from the run, which must not wait for a terminal: it may be slow,
// or stopped by Ctrl-S for a night. So what is to be said during a run is kept, and
// Follow, in one goroutine, writes it:
//
//	Event, Note, Log --> tally, backlog --> Follow --> area --> terminal
//
// That nothing of an area is ever left behind rests on four rules (area.go). Each write
// is one piece: the lines that stay, then the area. Between writes the cursor stands
// where the area begins, so the area is what follows it, however the terminal has
// broken its lines since. Lines are cut by the terminal where they do not fit, not
// continued in the next. And the size is asked for before each write.
//
// status -watch, which follows a run from another process, draws whole pictures of the
// state, each over the last (status_watch.go).
//
// # Text from outside
//
// Messages of the API, file names and keys end up on a terminal, and a terminal
// obeys what it is sent. Everything that did not come from this program goes
// through Clean: control characters, bidirectional overrides and invalid bytes
// are shown as escapes and never sent. Colour says nothing that the words do
// not say as well.
//
// # Width
//
// Text is made for 80 columns, or for the terminal's width where there is one.
// What does not fit goes to the next line, between words. What is copied is never
// cut, even if it is wider: an address, whose end is what tells it from its
// neighbours, a URL, a task ID, a command. The ID of a task comes last in what is said of
// it, and has a line of its own where it has no room; one that a webhook has merely named
// for a submit in doubt stands in the cause, which says so.
package view
