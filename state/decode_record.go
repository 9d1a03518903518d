package state

import "apixo-batch/spec/task"

// record reads what object's record writes.
func (p *parser) record(r *Record) {
	p.open('{')
	p.need("address")
	r.Address = p.address()
	p.need("status")
	r.Status = Status(p.sharedText())
	p.need("request")
	p.request(&r.Request)
	p.need("fingerprint")
	r.Fingerprint = task.Fingerprint(p.text())
	p.need("attempt")
	r.Attempt = p.count()
	if p.member("repeats") {
		r.Repeats = p.count()
	}
	if p.member("nonce") {
		r.Nonce = p.text()
	}
	if p.member("task_id") {
		r.TaskID = p.text()
	}
	p.need("cost_usd_micros")
	r.Cost = task.Cost(p.number())
	p.need("priced")
	r.Priced = p.bool()
	if p.member("submitted_at") {
		r.SubmittedAt = p.time()
	}
	if p.member("accepted_at") {
		r.AcceptedAt = p.time()
	}
	if p.member("finished_at") {
		r.FinishedAt = p.time()
	}
	if p.member("result") {
		r.Result = new(task.Result)
		p.result(r.Result)
	}
	if p.member("failure") {
		p.other(&r.Failure)
	}
	if p.member("doubt") {
		p.other(&r.Doubt)
	}
	if p.member("refreshed_urls") {
		r.RefreshedURLs = parseList(p, (*parser).textTo)
	}
	if p.member("artifacts") {
		r.Artifacts = parseList(p, (*parser).artifact)
	}
	if p.member("lost_changes") {
		r.LostChanges = p.bool()
	}
	if p.member("triggers") {
		r.Triggers = p.sharedText()
	}
	if p.member("past") {
		p.other(&r.Past)
	}
	p.close('}')
}

func (p *parser) request(r *task.Request) {
	p.open('{')
	p.need("model")
	r.Model = p.sharedText()
	p.need("input")
	r.Input = p.json()
	p.close('}')
}

func (p *parser) result(r *task.Result) {
	p.open('{')
	p.need("urls")
	r.URLs = parseList(p, (*parser).textTo)
	if p.member("raw") {
		r.Raw = p.json()
	}
	if p.member("created_at") {
		r.CreatedAt = p.time()
	}
	if p.member("completed_at") {
		r.CompletedAt = p.time()
	}
	p.need("received_at")
	r.ReceivedAt = p.time()
	p.close('}')
}

func (p *parser) artifact(a *Artifact) {
	p.open('{')
	p.need("index")
	a.Index = p.count()
	p.need("path")
	a.Path = p.text()
	p.need("bytes")
	a.Bytes = p.number()
	p.need("sha256")
	a.SHA256 = p.text()
	p.close('}')
}

// spend reads a row of the ledger as encoding/json writes it.
func (p *parser) spend(s *Spend) {
	p.open('{')
	p.need("nonce")
	s.Nonce = p.text()
	p.need("address")
	s.Address = p.address()
	p.need("model")
	s.Model = p.sharedText()
	if p.member("task_id") {
		s.TaskID = p.text()
	}
	if p.member("run") {
		s.Run = p.sharedText()
	}
	if p.member("plan") {
		s.Plan = p.sharedText()
	}
	p.need("cost_usd_micros")
	s.Cost = task.Cost(p.number())
	p.need("priced")
	s.Priced = p.bool()
	p.need("reserved_at")
	s.ReservedAt = p.time()
	if p.member("charged_at") {
		s.ChargedAt = p.time()
	}
	if p.member("released_at") {
		s.ReleasedAt = p.time()
	}
	if p.member("settled") {
		p.other(&s.Settled)
	}
	if p.member("release_held_at") {
		s.ReleaseHeldAt = p.time()
	}
	if p.member("named") {
		p.other(&s.Named)
	}
	p.close('}')
}
