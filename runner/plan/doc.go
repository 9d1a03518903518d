// Package plan decides what an apply would do: one Action for each declared
// instance and for each record that no instance claims, with a reason and a
// price.
//
// Make is a pure function of the instances, the records, the set of artifacts
// found missing and its options. It reaches no disk and no network, so a plan
// can be trusted to change nothing and to come out the same twice.
//
// It fails where the configuration forbids what it would do: a precondition that is
// known to be false, a result that prevent_regenerate protects, an import or a move
// that would lose something paid. What resume, download or a selection leaves out
// forbids nothing. resume and download collect what is paid for although something
// else cannot be evaluated, imported or moved: the plan lists that beside.
//
// # Which record belongs to which instance
//
// Renaming a task, or reordering the data it is made from, must not buy again.
// Records meet instances in three passes:
//
//  1. the same address and the same fingerprint;
//  2. the same fingerprint, between a record and an instance that pass 1 left
//     over, one to one in address order: the instance was renamed, and takes
//     the record along, whatever its status;
//  3. the same address: the request changed, and is submitted anew.
//
// Before the first, moved blocks put records where they lead: in all passes such a
// record counts as being there. After the second, a record that has a result, or
// runs, keeps its instance if their requests differ in nothing but what
// ignore_changes names; equal requests go first, since who asks for what was bought
// should have it.
//
// An instance's fingerprint may hang on the results of others, and those are
// found by the same passes. So the first two are repeated until they find
// nothing more; each round makes the requests known that the round before
// allowed. A record left over at the end is an orphan.
//
// A record that pass 2 brings to an address may find another record there that
// nobody claims. No record is dropped unasked, so the displaced one goes where
// the newcomer came from, as in a swap; and on from there, if that address was
// taken by a newcomer too.
//
// # Verdicts and triggers
//
// Postconditions are evaluated anew in each plan, from what the record says of the
// result and its files: a false one blocks the instance and all that would be
// bought with its result, and is no reason to buy anything. A verdict other than
// the recorded one is written down by the next apply (Action.Judged).
//
// A record keeps for each element of replace_triggered_by a digest of the task IDs
// that it stood for when the record was submitted. Another digest now makes the
// record out of date, in whatever run the other result came. An element that the
// record does not know counts from the results on record, so that editing the list
// buys nothing by itself.
//
// # Earlier results
//
// What was bought for an input is used again when the input comes back, be it that
// the change was refused or that it was bought too: the newest earlier task that has
// a result, or runs, and fits the request, or differs from it in what ignore_changes
// names, becomes the record's own (Action.Restored). That comes after all passes in
// which a record as it is finds its instance. The latest submit becomes one of the
// record's past. If it runs, or is not all on disk, it is paid for: each run collects
// it from there (Totals.Followed), and it is at hand if its input comes back in turn.
//
//	the latest submit                 when the input before it comes back
//	refused, failed                   the earlier one is used at once
//	succeeded, all on disk or not     the same
//	running                           the same
//	in doubt                          is shown, and settled first
//
// -replace buys. prevent_regenerate protects earlier results too.
//
// # History
//
// An import is a Collect with a task ID and without a record. It is refused where
// the task is another record's, or the address has a result, a running task or a
// doubt; where the record knows the task, the block has done its work. A removed
// block drops a record unless something would be lost with it: what runs, is in
// doubt, or is not all on disk stays, and the plan says why.
//
// # Selections
//
// A Selection limits what is bought, and nothing else: what runs or is not on disk
// is collected whatever is selected, records move, doubts are shown. It is drawn
// three times, each in one pass over the instances:
//
//	LeavesOut   before anything is known   which addresses are chosen
//	decide      dependencies first         an exclusion reaches what uses it, unless
//	                                       the result is there or on its way
//	narrow      dependents first           what the chosen ones need and do not have
//	                                       is bought with them
//
// The first looks at addresses only, so the same flags choose the same instances
// at every run, and a run of what is done already buys nothing. What is left out
// stays among the actions as Keep, with the flag that leaves it out and what it
// would be otherwise: a later plan without the flag buys just that. What is blocked
// outside the selection is left out too, since nobody asked for it.
//
// # Saved plans
//
// A plan can be kept in a file, and approved by applying that (Saved). The file
// names what the plan rested on: the state by lineage and number of changes, the
// digest of every file read, the values of variables, the endpoint; and what it
// would do: each action with the fingerprint of its request, its price and its
// attempts. It holds no request and no secret.
//
//	plan -out     Save, Write            the state as it stands
//	  |
//	apply FILE    ReadSaved, Same        the first time: the state is untouched, and
//	  |                                  the plan made anew is the same, action by action
//	  |  the state records that the plan was begun, by its nonce
//	  |  each submit under it carries the nonce in the ledger
//	  v
//	apply FILE    ReadSaved, Rest        later: the ledger tells what was consumed
//
// An action is consumed by the first submit that was paid for or may have been:
// its intent and its row in the ledger are one commit, so no crash comes between
// them, and removing the record does not bring the action back. A later apply of
// the plan withholds what is consumed, and all that was not approved; it refuses
// what was approved as another request or at a lower price. So whatever cuts an
// apply off, and however often it is repeated, a plan buys each of its actions in
// one apply only, in at most so many attempts as it lists, each at no more than
// its price.
package plan
