package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"apixo-batch/spec/catalog"
)

// checkTaskSettings finds out whether the model or a setting differs by
// instance, and checks what cannot be evaluated yet.
func (c *configuration) checkTaskSettings(b *taskBlock) hcl.Diagnostics {
	var diags hcl.Diagnostics
	contents := []*hcl.BodyContent{b.content}
	for _, inner := range []struct {
		name    string
		grammar grammar
	}{{"retry", retryGrammar}, {"poll", pollGrammar}} {
		found, innerDiags := single(b.content, inner.name)
		diags = append(diags, innerDiags...)
		if found != nil {
			content, contentDiags := inner.grammar.content(found.Body)
			diags = append(diags, contentDiags...)
			contents = append(contents, content)
		}
	}
	for _, content := range contents {
		for name, attribute := range content.Attributes {
			switch name {
			case "input", "for_each", "key", "count", "depends_on", "output": // checked elsewhere
				continue
			}
			refs, refDiags := c.references(attribute.Expr, b.scope())
			diags = append(diags, refDiags...)
			b.perInstance = b.perInstance || refs.perInstance()
		}
	}
	return diags
}

// configure gives an instance its model and settings. The innermost block that
// sets one wins: task, defaults, model, batch.
func (c *configuration) configure(i *Instance, s *Spec) hcl.Diagnostics {
	b := i.expand.block
	i.InstanceSettings = &InstanceSettings{Range: b.where}
	d := &decoder{c: c, content: b.content, scope: b.scope(), ctx: (&evaluator{config: c}).plainContext(i)}
	c.chooseModel(i, d)
	own := d.settings("task")
	i.AllowDuplicates = s.Settings.AllowDuplicates
	if d.content.Attributes["allow_duplicates"] != nil {
		i.AllowDuplicates = d.boolean("allow_duplicates")
	}
	outer := c.batchSettings
	if model := c.modelByID[i.Model]; model != nil {
		outer = model.settings.over(outer)
	}
	i.apply(own.over(c.defaulted.settings).over(outer).over(settings{maxAttempts: defaultMaxAttempts, calls: slices.Clone(defaultCalls[:])}), c.catalog)
	if model, ok := s.Models[i.Model]; ok {
		i.MaxInFlight = orInt(model.MaxInFlight, i.MaxInFlight)
		i.CallsPerMinute = orInt(model.CallsPerMinute, i.CallsPerMinute)
	}
	return d.diags
}

// chooseModel sets the model: the task's own, or that of the defaults block.
func (c *configuration) chooseModel(i *Instance, d *decoder) {
	if model, ok := d.value("model", cty.String); ok {
		id, diags := c.modelID(model.AsString(), d.placeOf("model"))
		i.Model = id
		d.diags = append(d.diags, diags...)
	} else if d.content.Attributes["model"] == nil {
		i.Model = c.defaulted.model
	} else if len(d.diags) == 0 {
		d.fail("model", "Invalid model", "It is null; it must be the ID of a model.")
	}
}

// Limits are how many tasks of a model may be in flight, and how many calls of it made
// in a minute, as its model block says, or else the catalog; 0 for no limit. They hold
// whether or not a task block names the model.
func (s *Spec) Limits(model string) (maxInFlight, callsPerMinute int) {
	if known, ok := s.Catalog.Lookup(model); ok {
		maxInFlight, callsPerMinute = known.Limits.ConcurrentTasks, known.Limits.RequestsPerMinute
	}
	own := s.Models[model]
	return orInt(own.MaxInFlight, maxInFlight), orInt(own.CallsPerMinute, callsPerMinute)
}

func orInt(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

// apply sets what the files say, and what the catalog says where they do not.
func (i *Instance) apply(s settings, known *catalog.Catalog) {
	poll, timeout := catalog.DefaultPoll(""), catalog.GiveUp("")
	i.Usual = catalog.Usual("")
	if model, ok := known.Lookup(i.Model); ok {
		poll, timeout, i.Usual = model.Schedule(), model.GiveUp(), model.Usual()
		i.MaxInFlight = model.Limits.ConcurrentTasks
		i.CallsPerMinute = model.Limits.RequestsPerMinute
	}
	i.Provider = s.provider
	i.MaxAttempts = s.maxAttempts
	i.RetryCalls = s.calls
	i.Timeout = orElse(s.timeout, timeout)
	i.Poll, i.PollSet = overPoll(s.poll, poll), s.poll != catalog.Poll{}
	i.Origins = s.from
	i.expand.setOutput(s.output)
}

// configureAs takes over what does not differ by instance.
func (i *Instance) configureAs(other *Instance) {
	i.InstanceSettings = other.InstanceSettings
	i.expand.outputPath = other.expand.outputPath
}
