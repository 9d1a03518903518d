package state

import "apixo-batch/spec/task"

// Change is one step from a true state to the next. All of it happens or none:
// it is one line of the journal. An intent and its reservation are one Change;
// so are the two sides of a rename, Remove of the old address and Put of the new.
//
// Removes happen before Puts, so an address in both starts anew. A Put replaces
// a record whole.
type Change struct {
	// Op says in one word what happened, for people who read the journal:
	// "submitting", "running", "moved".
	Op     string
	Put    []Record
	Remove []task.Address
	Money  []Entry
	// Approve begins a saved plan, once.
	Approve *Approval
	// Balance is a balance that the API told.
	Balance *Reading
	// Limits are what was found of models' limits. Each replaces what was known of its
	// model; one that says nothing removes it.
	Limits []Limit
	// Intervene tells what a person did to the state as a whole.
	Intervene *Intervention
	// UnlessNamed are submits, by nonce. The change is refused with ErrNamed if a task is
	// named for one of them, by what was committed or by what is committed with it.
	UnlessNamed []string
	// Endpoint is set once in a state's life, by SetEndpoint.
	Endpoint string
}
