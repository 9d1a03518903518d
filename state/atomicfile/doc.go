// Package atomicfile replaces a file whole or not at all.
//
// New content goes to a hidden temporary file in the directory of its target
// and takes the target's name as the last step:
//
//	create .NAME.RANDOM.tmp -> write -> fsync -> close -> rename -> fsync of the directory
//
// Whoever reads the target therefore sees the old content or the new, never a
// part, and once Write returned nil the new content survives a power loss, as
// far as the disk keeps its promise for fsync. A process that is killed leaves
// at most a temporary file behind (see RemoveLeftovers).
package atomicfile
