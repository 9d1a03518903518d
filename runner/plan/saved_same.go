package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"apixo-batch/spec/task"
)

// Same reports whether a plan made anew is the one that was saved: every action,
// in both directions. The error names the first difference.
func (s *Saved) Same(p *Plan) error {
	now := savedActions(p)
	approved := s.byAddress()
	for i := range now {
		a := &now[i]
		before, known := approved[a.Address]
		if !known {
			return fmt.Errorf("%s: it is to %s now, and the plan has nothing for it", a.Address, words(a))
		}
		if err := before.same(a); err != nil {
			return fmt.Errorf("%s: %w", a.Address, err)
		}
		delete(approved, a.Address)
	}
	for i := range s.Actions {
		if gone, is := approved[s.Actions[i].Address]; is {
			return fmt.Errorf("%s: it is to %s in the plan, and there is nothing to do for it now", gone.Address, words(gone))
		}
	}
	return nil
}

func (s *Saved) byAddress() map[task.Address]*SavedAction {
	actions := make(map[task.Address]*SavedAction, len(s.Actions))
	for i := range s.Actions {
		actions[s.Actions[i].Address] = &s.Actions[i]
	}
	return actions
}

func words(a *SavedAction) string {
	switch a.Kind {
	case Doubtful:
		return "wait in doubt"
	case Blocked:
		return "stay blocked"
	case Orphan:
		return "be kept as no longer declared"
	case Keep:
		return "be kept"
	default:
		return a.Kind.Word()
	}
}

func (a *SavedAction) same(now *SavedAction) error {
	switch {
	case a.Kind != now.Kind:
		return fmt.Errorf("it is to %s now, and to %s in the plan", words(now), words(a))
	case a.Reason != now.Reason:
		return fmt.Errorf("its reason is %s now, and %s in the plan", now.Reason, a.Reason)
	case a.From != now.From:
		return errors.New("its record comes from elsewhere than in the plan")
	case a.Import != now.Import:
		return fmt.Errorf("the task to import is %q now, and %q in the plan", now.Import, a.Import)
	case a.Model != now.Model:
		return fmt.Errorf("its model is %s now, and %s in the plan", now.Model, a.Model)
	case a.Fingerprint != now.Fingerprint || !slices.Equal(a.After, now.After):
		return errAnotherRequest
	case a.price() != now.price():
		return fmt.Errorf("its price is %s now, and %s in the plan", now.price(), a.price())
	case a.MaxAttempts != now.MaxAttempts:
		return fmt.Errorf("it may have %d attempts now, and %d in the plan", now.MaxAttempts, a.MaxAttempts)
	}
	return nil
}

var errAnotherRequest = errors.New("its request is another one than in the plan; a sensitive variable may have another value")

// price says what one attempt costs, in words that differ if the price does.
func (a *SavedAction) price() string {
	switch {
	case !a.Priced:
		return "not known"
	case a.Low == a.High:
		return a.High.String()
	default:
		return a.Low.String() + "-" + a.High.String()
	}
}

// SameFiles reports whether the files read are those that the plan rested on.
// Without whole, files that were not read at all are passed over: the reading
// ended early. The error names each file that differs.
func (s *Saved) SameFiles(digests map[string]string, whole bool) error {
	var changed []string
	for name, sum := range s.Files {
		now, read := digests[name]
		switch {
		case read && now != sum:
			changed = append(changed, name+" has changed")
		case !read && whole:
			changed = append(changed, name+" is not read any more")
		}
	}
	for name := range digests {
		if _, known := s.Files[name]; !known {
			changed = append(changed, name+" was added")
		}
	}
	if len(changed) == 0 {
		return nil
	}
	slices.Sort(changed)
	const most = 5
	if more := len(changed) - most; more > 0 {
		changed = append(changed[:most], fmt.Sprintf("%d more files differ", more))
	}
	return fmt.Errorf("since it was made, %s", strings.Join(changed, ", "))
}
