package disktest

import "slices"

// effect is what one operation did that was not synced since: to the content of
// a file, or to names.
type effect struct {
	file *node
	at   int64
	data []byte // written there
	size int64  // at least that long afterwards

	names []naming // all or none; the last one's directory is synced
}

// naming gives a name to a node, or takes it from one.
type naming struct {
	dir  *node
	name string
	node *node
	gone bool
}

// of reports whether syncing the node makes the effect durable.
func (e effect) of(n *node) bool {
	if e.file != nil {
		return e.file == n
	}
	return e.names[len(e.names)-1].dir == n
}

// happened records an effect, and shows it to the process.
func (d *Disk) happened(e effect) {
	d.unsynced = append(d.unsynced, e)
	if e.file != nil {
		e.file.size = e.length(e.file.size)
	}
	for _, n := range e.names {
		n.apply(n.dir.current)
	}
}

// length is a file's length after the effect.
func (e effect) length(before int64) int64 {
	return max(before, e.size, e.at+int64(len(e.data)))
}

// content is a file's content after the effect. What was never written is zero.
func (e effect) content(before []byte) []byte {
	size := int64(len(before))
	after := append(before, make([]byte, e.length(size)-size)...)
	copy(after[e.at:], e.data)
	return after
}

func (n naming) apply(names map[string]*node) {
	switch {
	case !n.gone:
		names[n.name] = n.node
	case names[n.name] == n.node: // else it never had the name
		delete(names, n.name)
	}
}

// sync makes the effects on a node durable.
func (d *Disk) sync(n *node) {
	for _, e := range d.unsynced {
		if !e.of(n) {
			continue
		}
		if e.file != nil {
			n.content = e.content(n.content)
		}
		for _, naming := range e.names {
			naming.apply(naming.dir.names)
		}
	}
	d.forget(n)
}

// forget drops the effects on a node: no later sync will make them durable.
func (d *Disk) forget(n *node) {
	d.unsynced = slices.DeleteFunc(d.unsynced, func(e effect) bool { return e.of(n) })
}
