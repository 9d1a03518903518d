package state

import "slices"

// arrows lists where each status may lead. It is the diagram in this package's
// documentation, arrow by arrow.
var arrows = map[Status][]Status{
	Pending:    {Pending, Submitting},
	Submitting: {Pending, Running, Failed, InDoubt},
	InDoubt:    {InDoubt, Pending, Submitting, Running, Failed},
	Running:    {Running, Succeeded, Failed},
	Succeeded:  {Succeeded, Submitting},
	Failed:     {Failed, Submitting},
}

// CanBecome reports whether a record may go from one status to another. A
// status may be written again as it is (artifacts arrive, a record is renamed),
// except Submitting: a second submit while the first is open would pay twice.
func CanBecome(from, to Status) bool {
	return slices.Contains(arrows[from], to)
}

func (s Status) known() bool {
	_, ok := arrows[s]
	return ok
}
