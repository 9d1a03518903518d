package view

import (
	"fmt"
	"strings"

	"apixo-batch/spec"
)

// instanceSetting is a setting of an instance, and the block that it comes from.
type instanceSetting struct {
	name, text string
	from       string // "" for the catalog's, or what is built in
}

// instanceSettings lists what holds for an instance beside its request.
func instanceSettings(i *spec.Instance) []instanceSetting {
	list := []instanceSetting{
		{"max_attempts", fmt.Sprint(i.MaxAttempts), i.Origins["max_attempts"]},
		{"timeout", i.Timeout.String(), i.Origins["timeout"]},
	}
	if i.Provider != "" {
		list = append(list, instanceSetting{"provider", i.Provider, i.Origins["provider"]})
	}
	for _, optional := range []struct{ block, name, text string }{
		{"retry.", "calls", strings.Trim(fmt.Sprint(i.RetryCalls), "[]")},
		{"poll.", "first", i.Poll.First.String()}, {"poll.", "interval", i.Poll.Interval.String()},
		{"poll.", "max_interval", i.Poll.MaxInterval.String()}, {"", "output", "set"}, {"", "model", i.Model},
	} {
		if from := i.Origins[optional.name]; from != "" && (optional.name != "model" || strings.HasPrefix(from, "defaults")) {
			list = append(list, instanceSetting{optional.block + optional.name, optional.text, from})
		}
	}
	return append(list, lifecycleSettings(i.Lifecycle)...)
}

// settingOrigins are where settings come from, by name.
func settingOrigins(i *spec.Instance) map[string]string {
	origins := make(map[string]string)
	for _, s := range instanceSettings(i) {
		if s.from != "" {
			origins[s.name] = s.from
		}
	}
	return origins
}

func lifecycleSettings(l spec.Lifecycle) (list []instanceSetting) {
	switch {
	case l.IgnoreAll:
		list = append(list, instanceSetting{"ignore_changes", "all", "lifecycle"})
	case len(l.IgnoreChanges) > 0:
		list = append(list, instanceSetting{"ignore_changes", "input." + strings.Join(l.IgnoreChanges, ", input."), "lifecycle"})
	}
	if l.PreventRegenerate {
		list = append(list, instanceSetting{"prevent_regenerate", "true", "lifecycle"})
	}
	if len(l.Triggers) > 0 {
		list = append(list, instanceSetting{"replace_triggered_by", triggers(l.Triggers), "lifecycle"})
	}
	return list
}

func triggers(list []spec.Trigger) string {
	names := make([]string, len(list))
	for n, t := range list {
		names[n] = t.Name
	}
	return strings.Join(names, ", ")
}
