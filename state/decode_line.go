package state

import "apixo-batch/spec/task"

// line reads a line of the journal as appendLine makes it.
func (p *parser) line(l *journalLine) {
	p.open('{')
	p.need("n")
	l.N = p.number()
	p.need("t")
	l.T = p.time()
	p.change(&l.lineChange)
	if p.member("also") {
		l.Also = parseList(p, func(p *parser, c *lineChange) {
			p.open('{')
			p.change(c)
			p.close('}')
		})
	}
	p.need("p")
	l.P = p.text()
	p.need("c")
	l.C = p.text()
	p.close('}')
}

// change reads the members that encodeChange writes.
func (p *parser) change(c *lineChange) {
	p.need("op")
	c.Op = p.sharedText()
	if p.member("put") {
		c.Put = parseList(p, (*parser).record)
	}
	if p.member("remove") {
		p.other(&c.Remove)
	}
	if p.member("money") {
		c.Money = parseList(p, (*parser).entry)
	}
	if p.member("approve") {
		p.other(&c.Approve)
	}
	if p.member("balance") {
		p.other(&c.Balance)
	}
	if p.member("limits") {
		p.other(&c.Limits)
	}
	if p.member("intervene") {
		p.other(&c.Intervene)
	}
	if p.member("endpoint") {
		c.Endpoint = p.sharedText()
	}
}

// entry reads what object's entry writes.
func (p *parser) entry(e *Entry) {
	p.open('{')
	p.need("kind")
	e.Kind = EntryKind(p.sharedText())
	p.need("nonce")
	e.Nonce = p.text()
	p.need("address")
	e.Address = p.address()
	p.need("model")
	e.Model = p.sharedText()
	if p.member("task_id") {
		e.TaskID = p.text()
	}
	if p.member("run") {
		e.Run = p.sharedText()
	}
	if p.member("plan") {
		e.Plan = p.sharedText()
	}
	p.need("cost_usd_micros")
	e.Cost = task.Cost(p.number())
	p.need("priced")
	e.Priced = p.bool()
	p.need("at")
	e.At = p.time()
	if p.member("settled") {
		p.other(&e.Settled)
	}
	p.close('}')
}
