package spec

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// perTask doubts prices that are a number alone, and thus per task, where a task
// may be billed as more than one unit.
func (s *Spec) perTask() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, block := range s.config.models {
		if why := s.billedOtherwise(block); why != "" {
			diags = append(diags, warnf(block.bare, "Price per task", "A number alone is the price of a whole task, and %s.%s", why, s.unitAdvice(block)))
		}
	}
	return diags
}

// billedOtherwise says why a block's bare price may be too low; "" if it has none
// or nothing is against it. A price per video is one per task where a task makes
// one video.
func (s *Spec) billedOtherwise(block *modelBlock) string {
	model, known := s.Catalog.Lookup(block.id)
	if block.bare == (hcl.Range{}) || !known {
		return ""
	}
	several := slices.IndexFunc(model.Results, func(r catalog.Results) bool { return r.Most > 1 })
	i := slices.IndexFunc(model.Prices, func(p catalog.Price) bool {
		return p.Per != "task" && (p.Per != "video" || several >= 0)
	})
	switch {
	case i >= 0:
		return fmt.Sprintf("%s is billed per %s", model.ID, model.Prices[i].Per)
	case len(model.Prices) == 0 && several >= 0:
		return fmt.Sprintf("a task of %s makes up to %d files", model.ID, model.Results[several].Most)
	}
	return ""
}

// severalForOne doubts an input that asks for several files where the price is a
// number alone. It leaves out what perTask has said of the price itself.
func (s *Spec) severalForOne(i *Instance, evaluation *Evaluation) hcl.Diagnostics {
	block := s.config.modelByID[i.Model]
	if block == nil || block.bare == (hcl.Range{}) || s.billedOtherwise(block) != "" {
		return nil
	}
	name, files := catalog.Asked(evaluation.Partial())
	if files < 2 {
		return nil
	}
	return hcl.Diagnostics{warnf(i.placeOf(name), "Price per task", "%s asks for %d files, and the price of %s is a number alone, which is that of a whole task.%s", name, files, i.Model, s.unitAdvice(block))}
}

// unitAdvice says how to write a price so that it says what it is per.
func (s *Spec) unitAdvice(block *modelBlock) string {
	unit := "image"
	if model, known := s.Catalog.Lookup(block.id); known {
		unit = model.Unit()
	}
	usd := task.Cost(s.Models[block.id].Price.HighMicros).Decimal()
	advice := fmt.Sprintf(` Write price = { usd = %s, per = %q }`, usd, unit)
	if unit != "task" {
		advice += `, or per = "task" if it is meant so`
	}
	return advice + "."
}
