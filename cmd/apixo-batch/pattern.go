package main

import (
	"fmt"
	"strings"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// pattern selects instances by their address. Only * (any characters) and ?
// (any one character) are special. A pattern without [ covers all instances of
// the task blocks it matches.
type pattern string

func (p pattern) matches(a task.Address) bool {
	if strings.Contains(string(p), "[") {
		return wildcard([]rune(p), []rune(a.String()))
	}
	return wildcard([]rune(p), []rune(a.Block()))
}

// wildcard matches in time proportional to the product of the lengths: after a
// mismatch only the latest * takes in one more character.
func wildcard(pattern, text []rune) bool {
	p, t := 0, 0
	star, mark := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func addressesIn(records []state.Record) []task.Address {
	addresses := make([]task.Address, len(records))
	for i, r := range records {
		addresses[i] = r.Address
	}
	return addresses
}

// selectAddresses gives the addresses that any of the patterns matches. A
// pattern that matches none is an error: it is mistyped.
func selectAddresses(patterns []string, addresses []task.Address, what string) (map[task.Address]bool, error) {
	selected := make(map[task.Address]bool)
	for _, text := range patterns {
		found := false
		for _, a := range addresses {
			if pattern(text).matches(a) {
				selected[a], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s matches no %s.%s", text, what, meantAddress(text, addresses))
		}
	}
	return selected, nil
}
