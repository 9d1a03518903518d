// Package disktest is a disk that fails on purpose, for tests of what must
// survive a full disk, a dying one, a kill and a power loss.
//
// A Disk works on a real directory, with real files, links and roots. It only
// does not hand fsync on to the hardware. Beside the real directory, which is
// what a running process sees, it keeps what a power loss would leave:
//
//	names and content that were synced
//	+ the effects since then, in order: writes, new and removed names
//
// Syncing a file moves its effects into the synced part, syncing a directory
// those on its names. As POSIX has it, a synced file without a synced name is
// lost, and so is all that lies in a directory whose own name was not synced.
// Stricter than most file systems, and so a test for all of them: nothing else
// is ever synced in passing.
//
// Inject lets one operation fail, or all from there on, or the process end at
// it. Survive then makes a directory that may be left: the synced part, and of
// the effects none, all, the first few, or any.
//
// The model is that of "All File Systems Are Not Created Equal" (Pillai et al.,
// OSDI 2014): a write may be cut at any byte, its parts may arrive in any order,
// and where only the length arrived there are zeros. A rename is atomic. Symbolic
// links, truncation, and names outside the directory are not in the model.
package disktest
