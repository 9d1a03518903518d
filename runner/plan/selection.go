package plan

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// Selection limits what a plan buys; the zero Selection does not. It chooses
// instances by their addresses alone, so that it chooses the same ones whatever
// has run. A plan adds what those need and do not have. What is paid for is
// collected in any case.
type Selection struct {
	// Target chooses, and Exclude leaves out whatever Target says. nil stands for
	// a flag that was not given.
	Target, Exclude func(task.Address) bool
	// Limit is how many instances of each task block are chosen at most, the
	// first in declared order of those that Target and Exclude leave; 0 for all.
	Limit int
	// Sample is the same by rank of SHA-256 over Seed and key. Blocks with the
	// same keys choose the same ones, and a further key displaces one at most.
	Sample int
	Seed   string
}

// Omission is what leaves a purchase out.
type Omission string

const (
	ByTarget    Omission = "target"
	ByExclude   Omission = "exclude"
	ByLimit     Omission = "limit"
	BySample    Omission = "sample"
	ByResume    Omission = "resume"     // which buys nothing new
	ByDownload  Omission = "download"   // which buys nothing at all
	BySavedPlan Omission = "saved_plan" // Options.Withhold
)

// selects reports whether it is a Selection that leaves out: then another run
// without it buys what was left out.
func (o Omission) selects() bool {
	switch o {
	case ByTarget, ByExclude, ByLimit, BySample:
		return true
	default:
		return false
	}
}

// leaves is what a dependent says of what it uses.
func (o Omission) leaves() string {
	switch o {
	case ByResume, ByDownload:
		return string(o) + " does not buy"
	case BySavedPlan:
		return "this plan does not buy"
	default:
		return "-" + string(o) + " leaves out"
	}
}

// LeavesOut lists the instances that are not chosen, and by what.
func (s Selection) LeavesOut(instances []*spec.Instance) map[task.Address]Omission {
	out := make(map[task.Address]Omission)
	if s.Target == nil && s.Exclude == nil && s.Limit == 0 && s.Sample == 0 {
		return out
	}
	left := make(map[string][]task.Address) // by block, in declared order
	for _, instance := range instances {
		switch a := instance.Address; {
		case s.Exclude != nil && s.Exclude(a):
			out[a] = ByExclude
		case s.Target != nil && !s.Target(a):
			out[a] = ByTarget
		default:
			left[a.Name] = append(left[a.Name], a)
		}
	}
	for _, block := range left {
		if s.Limit > 0 {
			leaveFrom(out, block, s.Limit, ByLimit)
		}
		if s.Sample > 0 {
			leaveFrom(out, ranked(block, s.Seed), s.Sample, BySample)
		}
	}
	return out
}

// leaveFrom leaves out the addresses from the nth on.
func leaveFrom(out map[task.Address]Omission, addresses []task.Address, n int, by Omission) {
	for _, a := range addresses[min(n, len(addresses)):] {
		out[a] = by
	}
}

// ranked sorts addresses by SHA-256 over seed and key, which no two have in common.
func ranked(addresses []task.Address, seed string) []task.Address {
	type place struct {
		rank    [sha256.Size]byte
		address task.Address
	}
	places := make([]place, len(addresses))
	for i, a := range addresses {
		places[i] = place{sha256.Sum256([]byte(seed + "\x00" + a.Key.Text())), a}
	}
	slices.SortFunc(places, func(a, b place) int { return bytes.Compare(a.rank[:], b.rank[:]) })
	for i := range places {
		addresses[i] = places[i].address
	}
	return addresses
}
