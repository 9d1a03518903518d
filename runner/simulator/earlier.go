package simulator

import (
	"encoding/json"
	"net/url"
	"time"
)

// buildsOn says which models make a task out of an earlier one: the parameter
// that holds its ID, and the model that it must be of. The API document knows the
// failure of Midjourney only (section 10, INVALID_TASK_ID).
var buildsOn = map[string]struct{ parameter, model string }{
	"midjourney": {"taskId", "midjourney"},
	"grok-video": {"task_id", "grok-image"},
}

// unusable is the failure of a task whose input names something that cannot be
// used: an earlier task that does not exist or did not succeed, or an image that
// is at no URL. Without one it has no code.
func (s *Simulator) unusable(sub submission, now time.Time) failure {
	b := buildsOn[sub.model.id]
	if id, given := stringAt(sub.input, b.parameter); given && !s.succeeded(id, b.model, now) {
		return known("INVALID_TASK_ID")
	}
	var images []string
	if s.config.Parameters == AnyParameters || json.Unmarshal(sub.input["image_urls"], &images) != nil {
		return failure{}
	}
	for _, image := range images {
		if u, err := url.Parse(image); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return known("INVALID_IMAGE_URL")
		}
	}
	return failure{}
}

// succeeded reports whether an ID is that of a task of the model which has ended
// well.
func (s *Simulator) succeeded(taskID, model string, now time.Time) bool {
	j, err := jobOf(taskID, s.config.Seed)
	return err == nil && j.model == model && j.state(now) == "success"
}

func known(code string) failure { return failure{code: code, message: failMessage(code)} }

// stringAt is an input value that is a string.
func stringAt(input map[string]json.RawMessage, name string) (text string, ok bool) {
	raw, given := input[name]
	if !given || name == "" || json.Unmarshal(raw, &text) != nil {
		return "", false
	}
	return text, string(raw) != "null"
}
