package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"apixo-batch/runner/simulator"
)

// eventfulJobs has an instance for everything that happens to one.
const eventfulJobs = `
batch {
  budget      = 0.28
  parallelism = 8
  output      = "out/${self.name}.${result.ext}"
  poll {
    first    = "20ms"
    interval = "20ms"
  }
}
locals {
  prompts = {
    good     = "good [sim:status=earlier-state,times=3]" # asked for while it runs
    refused  = "refused [sim:fail=SensitiveContentDetected]"
    again    = "again [sim:fail=TASK_TIMEOUT,times=1]"
    limited  = "limited [sim:http=429,times=1]"
    lost     = "lost [sim:drop]"
    fileless = "fileless [sim:file=404]"
    odd      = "odd [sim:status=other-task,times=1]"
  }
}
task "shot" {
  for_each = local.prompts
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = each.value, aspect_ratio = "1:1" }
  output   = "out/${each.key}.${result.ext}"
}
task "clip" {
  model = "nano-banana"
  input = { mode = "image-to-image", prompt = "edit", image_urls = [task.shot["refused"].urls[0]], aspect_ratio = "1:1" }
}
task "dear" {
  count      = 6
  model      = "nano-banana"
  input      = { mode = "text-to-image", prompt = "dear ${count.index}", aspect_ratio = "1:1" }
  output     = "out/dear-${count.index}.${result.ext}"
  depends_on = [task.shot["good"], task.shot["again"]]
}
output "good" {
  value = task.shot["good"].files
}
`

// Every line of a run in which much happens is as the schema says, which is what
// help -json events writes.
func TestTheLinesOfARunAreAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	a := newBank(t, 7).open(t, simulator.Config{Speed: 200})
	a.write(t, "jobs.hcl", eventfulJobs)
	var schema map[string]any
	if err := json.Unmarshal(answerOf(t, a, 0, "help", "-json", "events"), &schema); err != nil {
		t.Fatal(err)
	}
	types := make(map[string]int)
	check := func(lines []byte) {
		for line := range bytes.Lines(lines) {
			types[checkLine(t, schema, line)]++
		}
	}
	check(answerOf(t, a, 0, "plan", "-json", "jobs.hcl"))
	check(answerOf(t, a, 0, "plan", "-json", "-explain=task.shot*", "jobs.hcl"))
	check(answerOf(t, a, exitDoubt, "apply", "-json", "-auto-approve", "jobs.hcl"))
	check(answerOf(t, a, exitDoubt, "resume", "-json", "jobs.hcl", "-auto-approve"))
	check(answerOf(t, a, exitDoubt, "download", "-json", "jobs.hcl"))
	check(answerOf(t, a, exitError, "apply", "-json", "-nonsense", "jobs.hcl"))
	check(answerOf(t, a, exitError, "apply", "-json", "nowhere.hcl"))
	t.Log(types)
	for _, want := range []string{
		"version", "diagnostic", "planned_change", "change_summary", "explanation", "budget", "run_progress", "apply_start", "task_submitted",
		"task_refused", "task_in_doubt", "spend", "task_status", "task_succeeded", "download_start", "download_complete", "download_errored",
		"apply_complete", "apply_errored", "task_retrying", "task_skipped", "odd_answer", "rate_limited", "stopping", "run_summary", "outputs",
	} {
		if types[want] == 0 {
			t.Errorf("no line of type %s", want)
		}
	}
	if types["version"] != 7 {
		t.Errorf("%d lines of type version in 7 commands", types["version"])
	}
}

// answerOf is what a command writes to standard output; nothing else may be there.
func answerOf(t *testing.T, a *customer, code int, args ...string) []byte {
	t.Helper()
	cmd := a.command(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("%s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.Bytes()
}

// checkLine holds a line against the schema, and returns its type. Fields that the
// schema does not have are errors here: readers ignore them, and the schema is then
// out of date.
func checkLine(t *testing.T, schema map[string]any, line []byte) string {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal(line, &value); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	kind, _ := value["type"].(string)
	for _, one := range schema["oneOf"].([]any) {
		one := one.(map[string]any)
		if one["title"] == kind {
			for _, problem := range problems(one, value, "") {
				t.Errorf("%s\nin %s", problem, line)
			}
			return kind
		}
	}
	t.Errorf("no type %q in the schema: %s", kind, line)
	return kind
}

// problems holds a value against a JSON Schema, of which it knows what is used here.
func problems(schema map[string]any, value any, at string) (found []string) {
	if !allowed(schema["type"], value) {
		return []string{fmt.Sprintf("%s is %T, want %v", at, value, schema["type"])}
	}
	if want, there := schema["const"]; there && want != value {
		found = append(found, fmt.Sprintf("%s is %v, want %v", at, value, want))
	}
	switch value := value.(type) {
	case string:
		if pattern, there := schema["pattern"].(string); there && !regexp.MustCompile(pattern).MatchString(value) {
			found = append(found, fmt.Sprintf("%s is %q, want %s", at, value, pattern))
		}
	case []any:
		items, _ := schema["items"].(map[string]any) // nil is any
		for i, one := range value {
			found = append(found, problems(items, one, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case map[string]any:
		found = append(found, objectProblems(schema, value, at)...)
	}
	return found
}

func objectProblems(schema, value map[string]any, at string) (found []string) {
	if each, there := schema["additionalProperties"].(map[string]any); there {
		for name, one := range value {
			found = append(found, problems(each, one, at+"."+name)...)
		}
		return found
	}
	properties, there := schema["properties"].(map[string]any)
	if !there {
		return nil // any
	}
	for _, name := range schema["required"].([]any) {
		if _, there := value[name.(string)]; !there {
			found = append(found, fmt.Sprintf("%s.%s is missing", at, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(value)) {
		property, known := properties[name].(map[string]any)
		if !known {
			found = append(found, fmt.Sprintf("%s.%s is not in the schema", at, name))
			continue
		}
		found = append(found, problems(property, value[name], at+"."+name)...)
	}
	return found
}

// allowed reports whether a value is of a type, or of one of several; nil is any.
func allowed(types, value any) bool {
	switch types := types.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(types, func(one any) bool { return allowed(one, value) })
	}
	switch value := value.(type) {
	case nil:
		return types == "null"
	case bool:
		return types == "boolean"
	case string:
		return types == "string"
	case float64:
		return types == "number" || types == "integer" && value == math.Trunc(value)
	case []any:
		return types == "array"
	default:
		return types == "object"
	}
}

// A validator that finds nothing would make the test above worth nothing.
func TestTheSchemaRefusesWhatIsWrong(t *testing.T) {
	p, out, _ := testProgram(nil, nil)
	if code := p.execute([]string{"apixo-batch", "help", "-json", "events"}); code != exitDone {
		t.Fatal(code)
	}
	var schema map[string]any
	if err := json.Unmarshal(out.Bytes(), &schema); err != nil {
		t.Fatal(err)
	}
	budget := `"@level":"info","@message":"","@module":"apixo-batch.ui","@timestamp":"","type":"budget","bound":"budget","committed":"0.00","remaining":"1.00"`
	for line, want := range map[string]string{
		`{` + budget + `,"limit":"1.00"}`:           "",
		`{` + budget + `}`:                          ".limit is missing",
		`{` + budget + `,"limit":1.00}`:             ".limit is float64, want string",
		`{` + budget + `,"limit":"1"}`:              `.limit is "1", want`,
		`{` + budget + `,"limit":"1.00","extra":1}`: ".extra is not in the schema",
	} {
		var value map[string]any
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range schema["oneOf"].([]any) {
			if one := one.(map[string]any); one["title"] == "budget" {
				got = problems(one, value, "")
			}
		}
		if text := strings.Join(got, "; "); want == "" && text != "" || !strings.Contains(text, want) {
			t.Errorf("got %q, want %q", text, want)
		}
	}
}
