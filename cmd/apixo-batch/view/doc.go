// Package view shows plans, progress, summaries and diagnostics: to people as
// text, and to programs as JSON lines. It decides nothing. Both views are given
// the same facts, so that neither knows more than the other.
//
// What stands where:
//
//	stdout   the answer: a plan, a summary, a listing; with -json nothing but
//	         JSON lines in the shapes of Terraform's machine-readable UI
//	stderr   progress, warnings, questions, and the log above a live line
//
// Where a function returns no error, what it writes is not checked: whoever made
// the writer asks that for its error at the end, and no run stops because nobody
// reads of it.
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
// neighbours, a URL, a task ID, a command.
package view
