package main

import (
	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
)

// unsubmitted reports whether something declared was not submitted that a rerun
// could submit: the next command is then apply, since resume buys nothing new.
func unsubmitted(p *plan.Plan, s runner.Summary) bool {
	if len(s.Left) > 0 || p.Totals().Withheld() > 0 {
		return true
	}
	skipped := make(map[task.Address]task.Failure, len(s.Skipped))
	for _, e := range s.Skipped {
		skipped[e.Address] = e.Failure
	}
	hopes := hopesOf(s)
	// Dependencies come before what uses them, so each hope is known in time.
	for i := range p.Actions {
		a := &p.Actions[i]
		why, is := skipped[a.Address]
		if !is || a.Instance == nil {
			continue
		}
		hopes[a.Address] = hope(why, a.Instance.DependsOn, hopes)
		if hopes[a.Address] {
			return true
		}
	}
	return false
}

// hopesOf tells of each instance that has no result yet whether a rerun may
// bring one: not where a task failed for good, or a person has to decide.
func hopesOf(s runner.Summary) map[task.Address]bool {
	hopes := make(map[task.Address]bool)
	for _, list := range [][]runner.Ended{s.Running, s.Undelivered} {
		for _, e := range list {
			hopes[e.Address] = true
		}
	}
	for _, e := range s.Failed {
		hopes[e.Address] = e.Failure.Retryable || e.Failure.Reason == task.DownloadFailed
	}
	for _, e := range s.InDoubt {
		hopes[e.Address] = false
	}
	return hopes
}

// hope reports whether a rerun could submit what was skipped: one upstream may
// still get a result, and none has failed for good.
func hope(why task.Failure, upstreams []task.Address, hopes map[task.Address]bool) bool {
	if why.Retryable {
		return true
	}
	if why.Reason != task.DependencyFailed {
		return false
	}
	some := false
	for _, upstream := range upstreams {
		hopeful, without := hopes[upstream]
		if without && !hopeful {
			return false
		}
		some = some || hopeful
	}
	return some
}
