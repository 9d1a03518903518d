package view

import (
	"fmt"

	"apixo-batch/runner"
)

// Summary implements View.
func (j *JSON) Summary(s Summary) {
	line := runSummaryLine{
		Operation: s.Operation, ExitCode: s.ExitCode, Done: s.Done,
		Failed: endedRefs(s.Failed), Skipped: endedRefs(s.Skipped), Running: endedRefs(s.Running),
		Undelivered: endedRefs(s.Undelivered), InDoubt: endedRefs(s.InDoubt), Left: endedRefs(s.Left), LeftOut: s.LeftOut,
		Accepted: s.Accepted, Retried: s.Retried, Repeated: s.Repeated, SharedTasks: s.SharedTasks,
		Resubmitted: s.Resubmitted, ResubCost: amount(s.ResubmittedCost),
		Spent: amount(s.Spent), Reserved: amount(s.Reserved), After5xx: amount(s.After5xx), Unpriced: s.Unpriced,
		Balance: newBalanceChange(s), Estimate: priceSpan{amount(s.Low), amount(s.High)},
		Elapsed: s.Ended.Sub(s.Started).Seconds(), Simulated: s.Target.Simulated,
		Interrupted: s.Interrupted, Evidence: newEvidenceJSON(s.Evidence), Advice: advise(s.Codes, s.Failed),
		Support: s.support(), Next: s.Next(),
	}
	for _, c := range s.Collected {
		line.Collected = append(line.Collected, collectedRef{refer(c.Address, ""), c.TaskID, c.Paths})
	}
	if needed := s.Shortfall.needed(); needed > 0 {
		line.Needed = amount(needed)
	}
	if needed := s.Shortfall.neededOfRun(); needed > 0 {
		line.NeededOfRun = amount(needed)
	}
	if s.Stop != "" {
		line.Stop = &stoppingLine{s.Stop, s.StopDetail}
	}
	message := fmt.Sprintf("%d done, %d failed, %d skipped, %d running, %d in doubt, %d not submitted; spent %s",
		s.Done, len(s.Failed), len(s.Skipped), len(s.Running), len(s.InDoubt), len(s.Left), s.Spent)
	j.write("info", "run_summary", message, line)
}

func endedRefs(list []runner.Ended) []endedRef {
	refs := make([]endedRef, len(list))
	for i, e := range list {
		refs[i] = endedRef{
			resourceRef: refer(e.Address, ""), TaskID: e.TaskID, Failure: newFailureJSON(&e.Failure),
			Cost: amountIf(e.Cost, e.Priced), Doubt: e.Doubt, ExpiresAt: e.ExpiresAt,
		}
		if e.Nonce != "" {
			refs[i].Model, refs[i].Nonce, refs[i].SubmittedAt = e.Model, e.Nonce, e.SubmittedAt
		}
	}
	return refs
}
