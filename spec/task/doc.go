// Package task holds the words that every other package speaks: what an
// instance of a task is called (Address), what it asks for (Request and its
// Fingerprint), what came of it (Result, Failure) and what it costs (Cost).
//
// It imports the standard library only, and nothing of ours, so that the
// language, the state and the runner can share it without knowing each other.
package task
