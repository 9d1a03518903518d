package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"apixo-batch/state"
)

// Of what is secret nothing gets into a saved plan: not the key, not the value
// of a sensitive variable wherever it came from, not the state's mask key; not as
// it is and not encoded.
func TestSavedPlanHoldsNoSecret(t *testing.T) {
	dir := t.TempDir()
	const secret, fromFile, fromFlag = "canary-of-the-environment", "canary-of-a-variables-file", "canary-of-the-command-line"
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("jobs.hcl", `
variable "environment" { sensitive = true }
variable "file" { sensitive = true }
variable "flag" { sensitive = true }
variable "plain" { default = "not secret" }
locals {
  all = "${var.environment} ${var.file} ${var.flag}"
}
task "one" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "${local.all} ${var.plain}", aspect_ratio = "1:1" }
}
task "two" {
  model = "nano-banana"
  input = { mode = "image-to-image", prompt = upper(local.all), image_urls = [task.one.urls[0]], aspect_ratio = "1:1" }
}
output "all" {
  value     = local.all
  sensitive = true
}
`)
	write("secret.vars.hcl", fmt.Sprintf("file = %q\n", fromFile))
	ledger := filepath.Join(dir, "ledger.jsonl")
	baseURL := simulatorProcess(t, "-ledger="+ledger, "-speed=100")
	t.Setenv("APIXO_VAR_environment", secret)
	if output, err := command(t, dir, baseURL, "plan", "-out=jobs.plan", "-var-file=secret.vars.hcl", "-var=flag="+fromFlag, "jobs.hcl").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	saved, err := os.ReadFile(filepath.Join(dir, "jobs.plan"))
	if err != nil {
		t.Fatal(err)
	}
	contents, err := state.Read(filepath.Join(dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	mask, err := hex.DecodeString(contents.Header.MaskKey)
	if err != nil || len(mask) != 32 {
		t.Fatalf("the mask key is %q", contents.Header.MaskKey)
	}
	for _, canary := range []string{secret, fromFile, fromFlag, "sk-canary-kill", string(mask)} {
		for _, form := range encodings(canary) {
			if bytes.Contains(bytes.ToLower(saved), bytes.ToLower([]byte(form))) {
				t.Errorf("%q is in the plan as %q", canary, form)
			}
		}
	}
	// The variables file is read again; the rest is given again.
	if output, err := command(t, dir, baseURL, "apply", "-var=flag="+fromFlag, "jobs.plan").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if n := len(readLedger(t, ledger)); n != 2 {
		t.Errorf("%d tasks were bought, want 2", n)
	}
}

// encodings are a secret as it is, in hexadecimal, and in base64 wherever it may
// begin in what is encoded.
func encodings(secret string) []string {
	forms := []string{secret, hex.EncodeToString([]byte(secret))}
	for skip := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, skip), secret...))
		forms = append(forms, encoded[4:len(encoded)-4])
	}
	return forms
}

// A plan replaces a plan as a whole, and is for its owner only, whatever the mode
// of the one before.
func TestSavedPlanIsForItsOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "jobs.plan")
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), fmt.Appendf(nil, killTasks, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if output, err := command(t, dir, "", "plan", "-simulate", "-offline", "-out=jobs.plan", "jobs.hcl").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		if saved, err := readSavedPlan(path); err != nil || saved == nil {
			t.Fatalf("the plan is %v, %v", saved, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("its mode is %v, %v", info.Mode(), err)
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*.tmp")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
}

// A flag of plan that changes what is planned must be kept in a saved plan, and
// refused beside one. Whoever adds a flag says here which kind it is.
func TestEveryFlagOfPlanIsSavedOrChangesNothing(t *testing.T) {
	kinds := map[string]string{
		"state": "saved", "simulate": "saved", "var": "saved", "var-file": "saved", "replace": "saved",
		"budget": "saved", "allow-unpriced": "saved", "catalog": "saved", "allow-path": "saved",
		"input":  "changes nothing", // an answer is saved as any value, unless it is sensitive
		"strict": "changes nothing", // it only refuses
		"target": "saved", "exclude": "saved", "limit": "saved", "sample": "saved", "seed": "saved",
		"explain": "changes nothing", // it is refused with -out
		"expand":  "changes nothing", "json": "changes nothing", "json-into": "changes nothing", "detailed-exitcode": "changes nothing",
		"offline": "changes nothing", "out": "changes nothing", "lock-timeout": "changes nothing", "help": "changes nothing",
		"accept-rollback": "changes nothing", // it is about the state, and asked for by each command anew
	}
	for _, flag := range planCommand(newProgram()).Flags {
		if name := flag.Names()[0]; kinds[name] == "" {
			t.Errorf("-%s: is it kept in a saved plan, or does it change nothing?", name)
		}
	}
}
