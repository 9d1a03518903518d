// Package plan decides what an apply would do: one Action for each declared
// instance and for each record that no instance claims, with a reason and a
// price.
//
// Make is a pure function of the instances, the records, the set of artifacts
// found missing and its options. It reaches no disk and no network, so a plan
// can be trusted to change nothing and to come out the same twice.
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
// An instance's fingerprint may hang on the results of others, and those are
// found by the same passes. So the first two are repeated until they find
// nothing more; each round makes the requests known that the round before
// allowed. A record left over at the end is an orphan.
//
// A record that pass 2 brings to an address may find another record there that
// nobody claims. No record is dropped unasked, so the displaced one goes where
// the newcomer came from, as in a swap; and on from there, if that address was
// taken by a newcomer too.
package plan
