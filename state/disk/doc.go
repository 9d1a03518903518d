// Package disk is where the program meets the file system: the few operations
// by which a state and its results are kept, and no others.
//
// What is paid for is only safe if writes reach the disk in the order that the
// design says, so these calls go through one interface, FS. OS is the operating
// system. The fault disk of the tests stands in its place: it lets each single
// operation fail, tear or be forgotten, as a full or dying disk and a power loss
// would.
//
// Locks are not among the operations: they protect against other processes, and
// nothing of them has to survive.
package disk
