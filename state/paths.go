package state

import "strings"

// Paths are the files of one state. All of them lie in one directory.
type Paths struct {
	Snapshot string // jobs.state.json
	Journal  string // jobs.state.journal
	Lock     string // jobs.state.lock
	Backup   string // jobs.state.json.backup, the snapshot before this one
}

// newBackup is the second name of a snapshot until it is the backup.
func (p Paths) newBackup() string { return p.Backup + ".new" }

// unsaved is where Close puts the state if another snapshot has taken its place.
func (p Paths) unsaved() string { return p.Snapshot + ".unsaved" }

// all are the files that a state may have.
func (p Paths) all() []string {
	return []string{p.Snapshot, p.Journal, p.Lock, p.Backup, p.newBackup(), p.unsaved()}
}

// PathsFor derives the files of a state from the path of its snapshot.
func PathsFor(snapshot string) Paths {
	base := strings.TrimSuffix(snapshot, ".json")
	return Paths{
		Snapshot: snapshot,
		Journal:  base + ".journal",
		Lock:     base + ".lock",
		Backup:   snapshot + ".backup",
	}
}

// Files are the files that a state whose snapshot is at path, or where a link at path
// leads to, has or may come to have.
func Files(path string) []string {
	return PathsFor(resolve(path)).all()
}
