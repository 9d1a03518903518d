package view

import (
	"io"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// stateJSON is a whole state as one JSON object. Its records have the fields that
// they have in the state itself and in state show, except for money, which is a
// decimal text here; what stands besides is not in the state.
type stateJSON struct {
	FormatVersion string               `json:"format_version"`
	State         string               `json:"state"`
	Simulated     bool                 `json:"simulated"`
	Endpoint      string               `json:"endpoint"`
	Lineage       string               `json:"lineage"`
	Serial        int64                `json:"serial"`
	Changes       int64                `json:"changes"`
	Counts        map[state.Status]int `json:"counts"`
	Committed     string               `json:"committed"`
	Reserved      string               `json:"reserved"` // of committed
	Holder        *state.LockInfo      `json:"holder"`
	Values        moduleValues         `json:"values"` // the records once more, as terraform show has them
	Records       []recordJSON         `json:"records"`
}

type recordJSON struct {
	Address       task.Address     `json:"address"`
	Status        state.Status     `json:"status"`
	Next          string           `json:"next,omitempty"` // a command
	Request       task.Request     `json:"request"`
	Fingerprint   task.Fingerprint `json:"fingerprint"`
	Attempt       int              `json:"attempt"`
	Repeats       int              `json:"repeats,omitempty"`
	Nonce         string           `json:"nonce,omitempty"`
	TaskID        string           `json:"task_id,omitempty"`
	Cost          string           `json:"cost,omitempty"` // absent if nobody knows it
	Priced        bool             `json:"priced"`
	SubmittedAt   time.Time        `json:"submitted_at,omitzero"`
	AcceptedAt    time.Time        `json:"accepted_at,omitzero"`
	FinishedAt    time.Time        `json:"finished_at,omitzero"`
	Result        *task.Result     `json:"result,omitempty"`
	Failure       *task.Failure    `json:"failure,omitempty"`
	Doubt         *state.Doubt     `json:"doubt,omitempty"`
	RefreshedURLs []string         `json:"refreshed_urls,omitempty"`
	Artifacts     []artifactJSON   `json:"artifacts,omitempty"`
	MissingFiles  int              `json:"missing_files,omitempty"`
	ExpiresAt     *time.Time       `json:"expires_at,omitempty"` // the URLs of the result
	LostChanges   bool             `json:"lost_changes,omitempty"`
	Past          []pastJSON       `json:"past,omitempty"`
	Spends        []spendJSON      `json:"spends"`
}

type artifactJSON struct {
	state.Artifact
	OnDisk bool `json:"on_disk"`
}

type pastJSON struct {
	Nonce       string           `json:"nonce"`
	TaskID      string           `json:"task_id,omitempty"`
	Fingerprint task.Fingerprint `json:"fingerprint"`
	Status      state.Status     `json:"status"`
	Cost        string           `json:"cost"`
	SubmittedAt time.Time        `json:"submitted_at,omitzero"`
	FinishedAt  time.Time        `json:"finished_at,omitzero"`
	Result      *task.Result     `json:"result,omitempty"`
	Failure     *task.Failure    `json:"failure,omitempty"`
	Artifacts   []artifactJSON   `json:"artifacts,omitempty"`
}

// spendJSON is the ledger's account of one submit; Committed counts against the
// budget.
type spendJSON struct {
	Nonce      string            `json:"nonce"`
	Address    task.Address      `json:"address"`
	Model      string            `json:"model"`
	TaskID     string            `json:"task_id,omitempty"`
	Run        string            `json:"run,omitempty"`
	Plan       string            `json:"plan,omitempty"`
	Cost       string            `json:"cost,omitempty"` // absent if nobody knows it
	Priced     bool              `json:"priced"`
	Committed  string            `json:"committed"`
	ReservedAt time.Time         `json:"reserved_at"`
	ChargedAt  time.Time         `json:"charged_at,omitzero"`
	ReleasedAt time.Time         `json:"released_at,omitzero"`
	Settled    *state.Settlement `json:"settled,omitempty"`
	Named      []state.Named     `json:"named,omitempty"` // tasks, by webhooks; nothing proves them
}

// WriteStateJSON writes a state and the ledger's account of each record as one
// JSON object.
func WriteStateJSON(w io.Writer, s Status, spends []state.Spend) error {
	byNonce := make(map[string]state.Spend, len(spends))
	for _, spend := range spends {
		byNonce[spend.Nonce] = spend
	}
	out := stateJSON{
		FormatVersion: "1.0", State: s.Path, Simulated: s.Target.Simulated, Endpoint: s.Header.Endpoint,
		Lineage: s.Header.Lineage, Serial: s.Header.Serial, Changes: s.Header.Changes,
		Counts: make(map[state.Status]int), Committed: s.Committed.Decimal(), Reserved: s.Reserved.Decimal(), Holder: s.Holder,
		Values: newStateValues(s.Records), Records: make([]recordJSON, len(s.Records)),
	}
	for i := range s.Records {
		out.Counts[s.Records[i].Status]++
		out.Records[i] = s.newRecordJSON(&s.Records[i], byNonce)
	}
	return WriteJSON(w, out, "  ")
}

func (s Status) newRecordJSON(r *state.Record, spends map[string]state.Spend) recordJSON {
	out := recordJSON{
		Address: r.Address, Status: r.Status, Request: r.Request, Fingerprint: r.Fingerprint,
		Attempt: r.Attempt, Repeats: r.Repeats, Nonce: r.Nonce, TaskID: r.TaskID, Cost: decimal(r.Cost, r.Priced), Priced: r.Priced,
		SubmittedAt: r.SubmittedAt, AcceptedAt: r.AcceptedAt, FinishedAt: r.FinishedAt,
		Result: r.Result, Failure: r.Failure, Doubt: r.Doubt, RefreshedURLs: r.RefreshedURLs,
		Artifacts: s.artifacts(r.Artifacts), LostChanges: r.LostChanges, Spends: []spendJSON{},
	}
	_, out.Next = s.NextStep(r)
	if r.Result != nil {
		out.MissingFiles, out.ExpiresAt = s.absent(*r), new(r.Result.ExpiresAt())
	}
	for i := range r.Past {
		out.Past = append(out.Past, s.newPastJSON(&r.Past[i]))
		out.addSpend(spends, r.Past[i].Nonce)
	}
	out.addSpend(spends, r.Nonce)
	return out
}

// addSpend adds what the ledger knows of a submit, if it does.
func (r *recordJSON) addSpend(spends map[string]state.Spend, nonce string) {
	s, known := spends[nonce]
	if !known {
		return
	}
	r.Spends = append(r.Spends, spendJSON{
		Nonce: s.Nonce, Address: s.Address, Model: s.Model, TaskID: s.TaskID, Run: s.Run, Plan: s.Plan,
		Cost: decimal(s.Cost, s.Priced), Priced: s.Priced, Committed: s.Committed().Decimal(),
		ReservedAt: s.ReservedAt, ChargedAt: s.ChargedAt, ReleasedAt: s.ReleasedAt, Settled: s.Settled, Named: s.Named,
	})
}

func (s Status) newPastJSON(p *state.Past) pastJSON {
	return pastJSON{
		Nonce: p.Nonce, TaskID: p.TaskID, Fingerprint: p.Fingerprint, Status: p.Status, Cost: p.Cost.Decimal(),
		SubmittedAt: p.SubmittedAt, FinishedAt: p.FinishedAt, Result: p.Result, Failure: p.Failure,
		Artifacts: s.artifacts(p.Artifacts),
	}
}

func (s Status) artifacts(artifacts []state.Artifact) []artifactJSON {
	var out []artifactJSON
	for _, a := range artifacts {
		out = append(out, artifactJSON{a, !s.Missing[a.Path]})
	}
	return out
}

// decimal is an amount for programs, "" if nobody knows it: unknown is not zero.
func decimal(c task.Cost, known bool) string {
	if !known {
		return ""
	}
	return c.Decimal()
}
