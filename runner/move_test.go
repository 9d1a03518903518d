package runner

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func moving(pairs ...string) *plan.Plan {
	p := new(plan.Plan)
	for i := 0; i < len(pairs); i += 2 {
		p.Actions = append(p.Actions, plan.Action{
			Kind: plan.Keep, Address: task.Address{Name: pairs[i+1]},
			Prior: &state.Record{Address: task.Address{Name: pairs[i]}},
		})
	}
	return p
}

func order(p *plan.Plan) (text string) {
	for _, together := range moves(p) {
		for _, a := range together {
			from, _ := a.Moved()
			text += from.Name + a.Address.Name + " "
		}
		text += "| "
	}
	return text
}

func TestMovesAreOrderedOrTogether(t *testing.T) {
	for _, c := range []struct{ name, want, got string }{
		{"nothing moves", "", order(moving("a", "a"))},
		{"apart", "ab | cd | ", order(moving("a", "b", "c", "d"))},
		{"shifted", "bc | ab | ", order(moving("a", "b", "b", "c"))},
		{"shifted, seen from the end", "bc | ab | ", order(moving("b", "c", "a", "b"))},
		{"swapped", "ab ba | ", order(moving("a", "b", "b", "a"))},
		{"a ring and a chain", "ab bc ca | xy | ", order(moving("a", "b", "b", "c", "c", "a", "x", "y"))},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// Random permutations, carried out one by one: nothing may be written over.
func TestMovesOverwriteNothing(t *testing.T) {
	for range 200 {
		p := new(plan.Plan)
		at := make(map[string]string)
		to := rand.Perm(12)
		for from := range 8 {
			name, target := fmt.Sprint("t", from), fmt.Sprint("t", to[from])
			at[name] = name
			p.Actions = append(p.Actions, moving(name, target).Actions...)
		}
		for _, together := range moves(p) {
			taken := make(map[string]string)
			for _, a := range together {
				from, _ := a.Moved()
				taken[a.Address.Name] = at[from.Name]
				delete(at, from.Name)
			}
			for address, record := range taken {
				if other, occupied := at[address]; occupied {
					t.Fatalf("%s takes the place of %s", record, other)
				}
				at[address] = record
			}
		}
		for from := range 8 {
			if got := at[fmt.Sprint("t", to[from])]; got != fmt.Sprint("t", from) {
				t.Fatalf("t%d should be at t%d, which holds %q", from, to[from], got)
			}
		}
	}
}
