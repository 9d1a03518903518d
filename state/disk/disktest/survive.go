package disktest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Survival says what of the effects that were not synced is left.
type Survival struct {
	name string
	// pick chooses; nil if the page cache survives.
	pick func([]effect) []effect
}

func (s Survival) String() string { return s.name }

// Everything is left when the process was killed and the machine went on.
func Everything() Survival { return Survival{name: "everything left"} }

// OnlySynced is left when a power loss comes before anything was written back.
func OnlySynced() Survival {
	return Survival{name: "only the synced left", pick: func([]effect) []effect { return nil }}
}

// InOrder leaves the first few effects, as a file system with one journal for
// data and names would. The last one left may be cut at any byte.
func InOrder(seed uint64) Survival {
	return Survival{name: fmt.Sprintf("the first few left, seed %d", seed), pick: func(all []effect) []effect {
		draw := rand.New(rand.NewPCG(seed, 1))
		n := draw.IntN(len(all) + 1)
		left := slices.Clone(all[:n])
		if n < len(all) && len(all[n].data) > 0 {
			cut := all[n]
			cut.data = cut.data[:draw.IntN(len(cut.data))]
			left = append(left, cut)
		}
		return left
	}}
}

// AnyOf leaves any effects, whatever their order, and any parts of writes.
func AnyOf(seed uint64) Survival {
	return Survival{name: fmt.Sprintf("any left, seed %d", seed), pick: func(all []effect) []effect {
		draw := rand.New(rand.NewPCG(seed, 2))
		var left []effect
		for _, e := range all {
			switch {
			case len(e.data) > 0 && draw.IntN(4) > 0:
				left = append(left, parts(draw, e)...)
			case draw.IntN(2) == 0:
				left = append(left, e)
			}
		}
		return left
	}}
}

// parts splits a write at two places and leaves some of the parts, and of some
// only the length.
func parts(draw *rand.Rand, e effect) (left []effect) {
	cuts := []int{0, draw.IntN(len(e.data) + 1), draw.IntN(len(e.data) + 1), len(e.data)}
	slices.Sort(cuts)
	for i := range 3 {
		part := effect{file: e.file, at: e.at + int64(cuts[i]), data: e.data[cuts[i]:cuts[i+1]]}
		switch draw.IntN(4) {
		case 0:
		case 1:
			left = append(left, effect{file: e.file, size: part.at + int64(len(part.data))})
		default:
			left = append(left, part)
		}
	}
	return left
}

// Survive fills an empty directory with what is left.
func (d *Disk) Survive(path string, s Survival) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := left{paths: map[*node]string{}}
	if s.pick == nil {
		l.names = func(n *node) map[string]*node { return n.current }
		l.content = func(_ *node, from string) ([]byte, error) { return os.ReadFile(from) }
		return l.write(d.root, path, d.path)
	}
	names, contents := map[*node]map[string]*node{}, map[*node][]byte{}
	for _, e := range s.pick(d.unsynced) {
		if e.file != nil {
			if _, touched := contents[e.file]; !touched {
				contents[e.file] = slices.Clone(e.file.content)
			}
			contents[e.file] = e.content(contents[e.file])
		}
		for _, n := range e.names {
			if names[n.dir] == nil {
				names[n.dir] = maps.Clone(n.dir.names)
			}
			n.apply(names[n.dir])
		}
	}
	l.names = func(n *node) map[string]*node {
		if changed := names[n]; changed != nil {
			return changed
		}
		return n.names
	}
	l.content = func(n *node, _ string) ([]byte, error) {
		if changed, touched := contents[n]; touched {
			return changed, nil
		}
		return n.content, nil
	}
	return l.write(d.root, path, d.path)
}

// left is a tree to be written out.
type left struct {
	names   func(*node) map[string]*node
	content func(n *node, from string) ([]byte, error)
	paths   map[*node]string // of files that were written out
}

// write writes a directory out. from is where it is in the real one.
func (l left) write(n *node, path, from string) error {
	for name, child := range l.names(n) {
		to, from := filepath.Join(path, name), filepath.Join(from, name)
		if err := l.writeOne(child, to, from); err != nil {
			return err
		}
	}
	return nil
}

func (l left) writeOne(n *node, to, from string) error {
	if n.names != nil {
		if err := os.Mkdir(to, n.perm); err != nil {
			return err
		}
		return l.write(n, to, from)
	}
	if first, twice := l.paths[n]; twice {
		return os.Link(first, to)
	}
	l.paths[n] = to
	content, err := l.content(n, from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, n.perm)
}
