// Package awake measures time in which the process is awake. A laptop sleeps, and
// Ctrl-Z stops a process; what was answered meanwhile is there when it wakes, and
// must be read before anybody decides that it never came.
package awake
