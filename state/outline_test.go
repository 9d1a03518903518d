package state

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"apixo-batch/spec/task"
)

// Whichever way an outline is come by, it holds the records by address, and the sums
// that the ledger's accounts add up to.
func TestAnOutlineSaysWhatTheContentsSay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.state.json")
	s := open(t, path)
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		r := running(2 - i)
		entry := Entry{Kind: Reserve, Nonce: r.Nonce, Address: r.Address, Model: r.Request.Model, Cost: task.Cost(10 << i), Priced: true, At: at}
		change := Change{Op: "running", Put: []Record{r}, Money: []Entry{entry}}
		if i == 0 { // of the others nobody knows whether they were charged
			entry.Kind, entry.TaskID = Charge, r.TaskID
			change.Money = append(change.Money, entry)
		}
		commit(t, s, change)
	}
	opened := s.Outline()
	closeStore(t, s)
	read, err := ReadOutline(path)
	if err != nil {
		t.Fatal(err)
	}
	contents, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]*Outline{"of the store": opened, "read": read, "of the contents": contents.Outline()} {
		if o.Committed != 70 || o.Reserved != 60 || o.Header.Lineage != contents.Header.Lineage {
			t.Errorf("%s: %d committed, %d reserved, lineage %s", name, o.Committed, o.Reserved, o.Header.Lineage)
		}
		for i := range contents.Records {
			if len(o.Records) != len(contents.Records) || o.Records[i].Address != contents.Records[i].Address || o.Records[i].TaskID != contents.Records[i].TaskID {
				t.Fatalf("%s: record %d is not that of the contents", name, i)
			}
		}
	}
}

func TestARowStandsForAllOfItsSpend(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	full := Spend{
		Nonce: "n", Address: task.Address{Name: "hero"}, Model: "m", TaskID: "t", Run: "r", Plan: "p", Cost: 3, Priced: true,
		ReservedAt: at, ChargedAt: at.Add(1), ReleasedAt: at.Add(2), Settled: new(Settlement), ReleaseHeldAt: at.Add(3), Named: []Named{{TaskID: "u"}},
	}
	for i, value := 0, reflect.ValueOf(full); i < value.NumField(); i++ {
		if value.Field(i).IsZero() {
			t.Fatalf("the test lacks a value for %s", value.Type().Field(i).Name)
		}
	}
	bare := full
	bare.ReleasedAt, bare.ReleaseHeldAt, bare.Settled, bare.Named = time.Time{}, time.Time{}, nil, nil
	v := newView(Header{})
	for _, s := range []Spend{full, bare} {
		for _, raw := range []json.RawMessage{nil, json.RawMessage(`{"nonce":"n","new":1}`)} {
			r := new(row)
			v.set(r, s, raw)
			if got := r.spend(); !reflect.DeepEqual(got, s) || string(r.raw()) != string(raw) {
				t.Errorf("%+v, %s; want %+v, %s", got, r.raw(), s, raw)
			}
		}
	}
	if len(v.origins) != 1 {
		t.Errorf("%d origins for one model, run and plan", len(v.origins))
	}
}
