package runner

import "apixo-batch/spec/task"

// orderByPath lets jobs start in the order of their paths: the time that a job, and
// the longest chain of jobs that use its result, will take by what is known of the
// models. What is long is begun early, so that it does not run alone at the end
// (Graham 1969, for tasks; Topcuoglu, Hariri and Wu 2002, for chains of them).
//
// Under a budget the plan's order stays: what is bought before it is used up is what
// comes first, but for the last few, of which as many begin at the same time as run at
// the same time.
func (s *scheduler) orderByPath() {
	if opts := s.run.opts; opts.Budget != nil || opts.RunBudget != nil {
		return
	}
	jobs := make(map[task.Address]*job, len(s.jobs))
	for _, j := range s.jobs {
		if j.submits() {
			jobs[j.action.Address] = j
		}
	}
	// What uses a result comes after it in the plan.
	for i := len(s.jobs) - 1; i >= 0; i-- {
		j := s.jobs[i]
		if !j.submits() {
			continue
		}
		j.path += s.run.usualTime(j)
		for _, upstream := range j.action.Instance.DependsOn {
			if u := jobs[upstream]; u != nil {
				u.path = max(u.path, j.path)
			}
		}
	}
}
