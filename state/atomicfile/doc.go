// Package atomicfile puts files in place whole or not at all.
//
// New content goes to a hidden temporary file in the directory of its target
// and takes the target's name as the last step:
//
//	create .NAME.RANDOM.tmp -> write -> fsync -> close -> rename or link -> fsync of the directory
//
// Whoever reads the target therefore sees the old content or the new, never a
// part, and once a call returned nil the new content survives a power loss, as
// far as the disk keeps its promise for fsync. A process that is killed leaves
// at most a temporary file behind (see RemoveLeftovers).
//
// Write replaces a file. Create begins a file that must not replace another:
// its Commit fails with fs.ErrExist if the name is taken by then.
package atomicfile
