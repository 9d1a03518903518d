package view

import (
	"encoding/json"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// The lines of the JSON view. What stands behind doc: is what the schema says of a
// field; one that may be left out is omitempty or omitzero, and a pointer that may not
// is null where there is nothing.

// commonLine is how each line begins.
type commonLine struct {
	Level     string `json:"@level" doc:"info, warn or error"`
	Message   string `json:"@message" doc:"the line in words, for people"`
	Module    string `json:"@module" doc:"always apixo-batch.ui"`
	Timestamp string `json:"@timestamp" doc:"when, in UTC: RFC 3339 with microseconds"`
	Type      string `json:"type" doc:"what the line is"`
}

type versionLine struct {
	Program string `json:"apixo_batch" doc:"the version of the program"`
	UI      string `json:"ui" doc:"the version of these lines: a new minor version adds, a new major version changes"`
}

type logLine struct{}

type diagnosticLine struct {
	Diagnostic Diagnostic `json:"diagnostic"`
}

// usd is an amount in US dollars, as decimal text.
type usd string

func amount(c task.Cost) usd { return usd(c.Decimal()) }

func amountOrNull(c *task.Cost) *usd {
	if c == nil {
		return nil
	}
	return new(amount(*c))
}

// amountIf is nil, and left out, where nobody knows the price.
func amountIf(c task.Cost, known bool) *usd {
	if !known {
		return nil
	}
	return new(amount(c))
}

// priceSpan bounds a price.
type priceSpan struct {
	Low  usd `json:"low"`
	High usd `json:"high" doc:"what is reserved"`
}

// perhaps is left out, null, or a value: a price of what buys nothing, one that
// nobody knows, and one.
type perhaps[T any] struct {
	there bool
	value *T
}

func (p perhaps[T]) IsZero() bool { return !p.there }

// MarshalJSON writes the value, or null.
func (p perhaps[T]) MarshalJSON() ([]byte, error) { return json.Marshal(p.value) }

// resourceRef names an instance as Terraform names a resource.
type resourceRef struct {
	Addr     string `json:"addr" doc:"the address of the instance"`
	Resource string `json:"resource" doc:"the same"`
	Type     string `json:"resource_type" doc:"always task"`
	Name     string `json:"resource_name" doc:"the name of the task block"`
	Key      any    `json:"resource_key" doc:"the key: text, a number, or null"`
	Model    string `json:"model,omitempty" doc:"the ID of the model"`
}

type plannedChangeLine struct {
	Change plannedChange `json:"change"`
}

// plannedChange is an action. One that is left out says by what, and what it would be
// otherwise; one that is bought though nobody chose it says for which instance.
type plannedChange struct {
	Resource  resourceRef        `json:"resource"`
	Action    string             `json:"action" doc:"submit, regenerate, retry, collect, blocked, in_doubt, orphan or keep"`
	Reason    plan.Reason        `json:"reason" doc:"why, out of a closed set"`
	Detail    string             `json:"detail,omitempty" doc:"the reason in words"`
	Previous  *resourceRef       `json:"previous_resource,omitempty" doc:"what it was called before"`
	Cost      perhaps[priceSpan] `json:"cost,omitzero" doc:"the price of one attempt of what is bought; null if nobody knows it"`
	LeftOutBy plan.Omission      `json:"left_out_by,omitempty" doc:"what leaves it out"`
	Otherwise string             `json:"otherwise,omitempty" doc:"the action that it would have"`
	Import    *importRef         `json:"import,omitempty" doc:"the task that becomes the instance's"`
	NeededBy  *resourceRef       `json:"needed_by,omitempty" doc:"the chosen instance that uses it"`
	changeValues
}

type importRef struct {
	ID string `json:"id" doc:"a task ID"`
}

type changeSummaryLine struct {
	Changes   changeCounts `json:"changes"`
	Cost      planCost     `json:"cost"`
	Simulated bool         `json:"simulated" doc:"no real money"`
	Budget    usd          `json:"budget,omitempty" doc:"for all runs of the state together"`
	Committed usd          `json:"committed,omitempty" doc:"what earlier runs reserved and spent of it"`
	Reserved  usd          `json:"reserved,omitempty" doc:"what of that nobody knows to be charged"`
	RunBudget usd          `json:"run_budget,omitempty" doc:"for this run"`
	Balance   usd          `json:"balance,omitempty" doc:"what the key has left"`
	Catalog   string       `json:"catalog,omitempty" doc:"the file that prices come from"`
	BaseURL   string       `json:"base_url,omitempty" doc:"the API that the configuration names"`
	Selection []string     `json:"selection,omitempty" doc:"the flags that select"`
	SavedPlan *savedRef    `json:"saved_plan,omitempty" doc:"the file that the plan was saved to, or is applied from"`
	Earlier   []earlierRef `json:"earlier,omitempty" doc:"tasks of earlier inputs that are collected beside what the changes say"`
}

// earlierRef is an earlier task of an instance, which is paid for.
type earlierRef struct {
	Resource resourceRef  `json:"resource"`
	TaskID   string       `json:"task_id"`
	Status   state.Status `json:"status" doc:"running, or succeeded and not all on disk"`
}

type changeCounts struct {
	Add       int                   `json:"add"`
	Change    int                   `json:"change"`
	Import    int                   `json:"import"`
	Remove    int                   `json:"remove" doc:"records that leave the state"`
	Retry     int                   `json:"retry"`
	Collect   int                   `json:"collect"`
	Blocked   int                   `json:"blocked"`
	InDoubt   int                   `json:"in_doubt"`
	Orphan    int                   `json:"orphan"`
	Keep      int                   `json:"keep"`
	Resubmit  int                   `json:"resubmit_in_doubt" doc:"of those that are bought, what may be paid twice"`
	Moved     int                   `json:"moved"`
	Withheld  int                   `json:"withheld" doc:"purchases that are left out"`
	LeftOut   map[plan.Omission]int `json:"left_out" doc:"the same by what leaves them out"`
	Operation string                `json:"operation" doc:"plan, apply, resume or download"`
}

type planCost struct {
	Low      usd               `json:"low"`
	High     usd               `json:"high"`
	AtMost   usd               `json:"at_most" doc:"high, with every retry that is allowed, as far as the budgets leave money for it"`
	Bounded  bool              `json:"ends_at_budget" doc:"at_most is where a budget ends"`
	Unpriced map[string]int    `json:"unpriced" doc:"by model, what has no price and is in no sum"`
	Repeats  bool              `json:"repeats_after_5xx" doc:"a submit that gets a 5xx is repeated; each may be charged"`
	Notes    map[string]string `json:"notes,omitempty" doc:"by model, what to know of its price"`
}

type savedRef struct {
	File    string    `json:"file"`
	Nonce   string    `json:"nonce" doc:"the name of the plan in the ledger"`
	Created time.Time `json:"created"`
	Begun   time.Time `json:"begun,omitzero" doc:"when its apply began"`
}

type outputsLine struct {
	Outputs map[string]outputValue `json:"outputs" doc:"by name"`
}

// outputValue is an output as Terraform's JSON shows one.
type outputValue struct {
	Sensitive bool            `json:"sensitive"`
	Known     bool            `json:"known" doc:"all tasks that it uses have run"`
	Value     json.RawMessage `json:"value,omitempty" doc:"left out if it is sensitive or not known"`
}

// hookLine is an event of one instance.
type hookLine struct {
	Hook   hook   `json:"hook"`
	Detail string `json:"detail,omitempty" doc:"what happened, in one clause"`
}

type hook struct {
	Resource resourceRef  `json:"resource"`
	Action   string       `json:"action,omitempty" doc:"that of the plan"`
	IDKey    string       `json:"id_key,omitempty" doc:"always task_id"`
	IDValue  string       `json:"id_value,omitempty" doc:"the task ID"`
	Cost     *usd         `json:"cost,omitempty" doc:"the price of the task; left out if nobody knows it"`
	Elapsed  *float64     `json:"elapsed_seconds,omitempty" doc:"from acceptance to the answer, or to now"`
	Failure  *failureJSON `json:"failure,omitempty"`
	Files    *[]string    `json:"files,omitempty" doc:"the paths of its files, from the configuration's directory"`
}

// failureJSON says why a task has no result that can be used.
type failureJSON struct {
	Reason    task.Reason `json:"reason" doc:"out of a closed set; apixo-batch explain lists it"`
	Code      string      `json:"code,omitempty" doc:"the fail code or status, as received"`
	Message   string      `json:"message,omitempty" doc:"as received"`
	Retryable bool        `json:"retryable" doc:"a rerun submits it again"`
}

func newFailureJSON(f *task.Failure) *failureJSON {
	if f == nil || f.Reason == "" {
		return nil
	}
	return &failureJSON{f.Reason, f.Code, runner.WithoutQueries(f.Message), f.Retryable}
}

type statusLine struct {
	Hook   hook   `json:"hook"`
	Status string `json:"status" doc:"the state that the API gives: pending, processing, or what else it says"`
}

type downloadLine struct {
	Hook    hook   `json:"hook"`
	File    file   `json:"file"`
	Detail  string `json:"detail,omitempty" doc:"why it could not be had"`
	Earlier bool   `json:"earlier,omitempty" doc:"it is of a task of an earlier input"`
}

type file struct {
	Index int    `json:"index" doc:"of the result's files, from 0"`
	Path  string `json:"path,omitempty" doc:"where it was saved, from the configuration's directory"`
	Bytes int64  `json:"bytes" doc:"how many have come"`
	Size  *int64 `json:"size,omitempty" doc:"how many will, as the host says"`
}

type rateLimitedLine struct {
	Model  string  `json:"model,omitempty" doc:"what is slowed down"`
	Wait   float64 `json:"wait_seconds" doc:"how long no call of it is made"`
	Detail string  `json:"detail" doc:"the refusal"`
}

type budgetLine struct {
	Bound     string `json:"bound" doc:"budget, for all runs of the state together, or run_budget"`
	Limit     usd    `json:"limit"`
	Committed usd    `json:"committed" doc:"reserved and spent of it"`
	Remaining usd    `json:"remaining"`
}

type spendLine struct {
	Resource resourceRef `json:"resource"`
	TaskID   string      `json:"task_id,omitempty"`
	Kind     string      `json:"kind" doc:"spent: a task was accepted; reserved: a submit is in doubt; settled: a doubt became a task"`
	Cost     *usd        `json:"cost" doc:"null if nobody knows it"`
	Spent    usd         `json:"spent" doc:"in this run so far"`
	Reserved usd         `json:"reserved" doc:"by doubts of this run so far"`
}

type runProgressLine struct {
	Done     int      `json:"done" doc:"succeeded, and all files on disk"`
	Total    int      `json:"total" doc:"what the plan submits or collects"`
	Running  int      `json:"running" doc:"accepted, without a terminal answer"`
	Failed   int      `json:"failed"`
	Skipped  int      `json:"skipped"`
	InDoubt  int      `json:"in_doubt"`
	Spent    usd      `json:"spent" doc:"in this run so far"`
	Estimate usd      `json:"estimate" doc:"what the plan costs without retries, as far as the budgets let it"`
	Elapsed  float64  `json:"elapsed_seconds"`
	ETA      *float64 `json:"eta_seconds" doc:"how long it goes on, by what has ended so far; null before anything has"`
}

type stoppingLine struct {
	Reason task.Reason `json:"reason" doc:"budget, insufficient_funds, halted, rate_limited or download_failed"`
	Detail string      `json:"detail" doc:"in words"`
}

type detailLine struct {
	Detail string `json:"detail" doc:"what happened"`
}

type eventsDroppedLine struct {
	Count int `json:"count" doc:"lines that would stand here"`
}

type runSummaryLine struct {
	Operation   string                `json:"operation" doc:"apply, resume or download"`
	ExitCode    int                   `json:"exit_code" doc:"what the program exits with; see apixo-batch apply -help"`
	Done        int                   `json:"done" doc:"succeeded, and all files on disk"`
	Failed      []endedRef            `json:"failed"`
	Skipped     []endedRef            `json:"skipped" doc:"not submitted because of another instance"`
	Running     []endedRef            `json:"running" doc:"accepted and paid; APIXO goes on with them"`
	Undelivered []endedRef            `json:"undelivered" doc:"succeeded, and not all files are on disk"`
	InDoubt     []endedRef            `json:"in_doubt"`
	Collected   []collectedRef        `json:"earlier_collected,omitempty" doc:"tasks of earlier inputs whose last files this run saved"`
	Left        []endedRef            `json:"not_submitted" doc:"because submitting ended"`
	LeftOut     map[plan.Omission]int `json:"left_out" doc:"purchases that were left out, by what did that"`
	Accepted    int                   `json:"accepted" doc:"submits that were accepted in this run"`
	Retried     int                   `json:"retried" doc:"further attempts after a failed task"`
	Repeated    int                   `json:"repeated_after_5xx" doc:"submits that were repeated after a 5xx; each may have been charged"`
	SharedTasks int                   `json:"shared_task_ids" doc:"accepted submits that got the task ID of another"`
	Resubmitted int                   `json:"resubmitted_in_doubt"`
	ResubCost   usd                   `json:"resubmitted_cost" doc:"what those doubts may have cost"`
	Spent       usd                   `json:"spent" doc:"the price of what was accepted in this run"`
	Reserved    usd                   `json:"reserved" doc:"that of doubts of this run"`
	After5xx    usd                   `json:"reserved_after_5xx"`
	Unpriced    int                   `json:"unpriced" doc:"accepted submits without a price"`
	Balance     balanceChange         `json:"balance"`
	Estimate    priceSpan             `json:"estimate"`
	Elapsed     float64               `json:"elapsed_seconds"`
	Simulated   bool                  `json:"simulated" doc:"no real money"`
	Stop        *stoppingLine         `json:"stop,omitempty" doc:"why submitting ended early"`
	Interrupted string                `json:"interrupted,omitempty" doc:"the signal that ended the run"`
	Evidence    *evidenceJSON         `json:"evidence,omitempty" doc:"what the balance says of the doubts"`
	Advice      []advice              `json:"advice,omitempty" doc:"what to do about the failures"`
	Support     string                `json:"support,omitempty" doc:"a command that prints what APIXO's support asks for"`
	Needed      usd                   `json:"budget_needed,omitempty" doc:"what the budget of the batch block has to be raised to at least, or next would stop at it again"`
	NeededOfRun usd                   `json:"run_budget_needed,omitempty" doc:"the least -budget that has room for the rest, after a run that stopped at its own"`
	Next        string                `json:"next,omitempty" doc:"the command that goes on from here"`
}

// endedRef is how one instance ended.
type endedRef struct {
	resourceRef
	TaskID      string       `json:"task_id,omitempty"`
	Failure     *failureJSON `json:"failure,omitempty"`
	Cost        *usd         `json:"cost,omitempty"`
	Nonce       string       `json:"nonce,omitempty" doc:"the name of a submit in doubt"`
	SubmittedAt time.Time    `json:"submitted_at,omitzero"`
	Doubt       *state.Doubt `json:"doubt,omitempty"`
	ExpiresAt   time.Time    `json:"expires_at,omitzero" doc:"when the URLs of its result die; only of what is not all on disk"`
}

// collectedRef is an earlier task of an instance that is on disk now.
type collectedRef struct {
	resourceRef
	TaskID string   `json:"task_id"`
	Files  []string `json:"files" doc:"from the configuration's directory"`
}

type balanceChange struct {
	Before     *usd         `json:"before" doc:"null if it was not read"`
	After      *usd         `json:"after"`
	Charged    *usd         `json:"charged" doc:"by how much it fell"`
	Expected   expectedSpan `json:"expected"`
	AsExpected *bool        `json:"as_expected,omitempty"`
}

type expectedSpan struct {
	Low      usd            `json:"low"`
	High     usd            `json:"high"`
	Unpriced map[string]int `json:"unpriced" doc:"by model; then both ends are lower bounds"`
}

type explanationLine struct {
	Change    plannedChange      `json:"change"`
	Request   requestChange      `json:"request"`
	DependsOn []plannedChange    `json:"depends_on"`
	Submits   []submitRef        `json:"submits" doc:"those that were or may have been paid for, the latest last"`
	Cost      perhaps[priceSpan] `json:"cost,omitzero" doc:"as that of the change"`
	Settings  *settingsRef       `json:"settings,omitempty"`
}

type requestChange struct {
	Model         string           `json:"model"`
	PreviousModel *string          `json:"previous_model,omitempty"`
	Complete      bool             `json:"complete" doc:"nothing of it waits for other tasks"`
	Fingerprint   task.Fingerprint `json:"fingerprint"`
	PreviousPrint task.Fingerprint `json:"previous_fingerprint"`
	Fields        []fieldChange    `json:"fields"`
}

type fieldChange struct {
	Name     string `json:"name"`
	Change   string `json:"change"`
	Previous any    `json:"previous" doc:"any JSON; null for none"`
	Value    any    `json:"value"`
}

type submitRef struct {
	Status      state.Status     `json:"status"`
	TaskID      string           `json:"task_id"`
	Cost        usd              `json:"cost"`
	Fingerprint task.Fingerprint `json:"fingerprint"`
	SubmittedAt time.Time        `json:"submitted_at,omitzero"`
	Failure     *failureJSON     `json:"failure,omitempty"`
}

type settingsRef struct {
	MaxAttempts int               `json:"max_attempts"`
	Timeout     float64           `json:"timeout_seconds"`
	Provider    string            `json:"provider"`
	File        string            `json:"file"`
	Line        int               `json:"line"`
	Origins     map[string]string `json:"origins" doc:"by setting, where it comes from"`
}
