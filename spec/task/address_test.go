package task

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAddressText(t *testing.T) {
	for _, c := range []struct {
		address Address
		text    string
	}{
		{Address{Name: "hero"}, `task.hero`},
		{Address{"shot", IndexKey(0)}, `task.shot[0]`},
		{Address{"shot", IndexKey(12)}, `task.shot[12]`},
		{Address{"shot", TextKey("night")}, `task.shot["night"]`},
		{Address{"shot", TextKey("12")}, `task.shot["12"]`},
		{Address{"shot", TextKey("")}, `task.shot[""]`},
		{Address{"shot", TextKey(`a"b\c]`)}, `task.shot["a\"b\\c]"]`},
		{Address{"shot", TextKey("${x} %{y}")}, `task.shot["$${x} %%{y}"]`},
		{Address{"shot", TextKey("line\nbreak\x1b[31m\u202e")}, `task.shot["line\u000abreak\u001b[31m\u202e"]`},
		{Address{"shot", TextKey("köttbullar 🦊")}, `task.shot["köttbullar 🦊"]`},
		{Address{"shot", TextKey("\U000E0001")}, `task.shot["\udb40\udc01"]`},
	} {
		if got := c.address.String(); got != c.text {
			t.Errorf("%#v is written %s, want %s", c.address, got, c.text)
		}
		if got, err := ParseAddress(c.text); err != nil || got != c.address {
			t.Errorf("%s is read as %#v, %v", c.text, got, err)
		}
	}
}

func TestBadAddresses(t *testing.T) {
	for _, text := range []string{
		"", "hero", "task.", "task.9", "task.a b", "task.hero[", "task.hero[]", "task.hero[01]", "task.hero[-1]",
		"task.hero[night]", `task.hero["night"`, `task.hero["night]`, `task.hero["a"b"]`, "task.hero[1]x", `task.hero["\q"]`,
	} {
		if got, err := ParseAddress(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

func TestAddressesAreOrdered(t *testing.T) {
	want := []Address{
		{Name: "a"}, {"a", IndexKey(2)}, {"a", IndexKey(10)}, {"a", TextKey("10")}, {"a", TextKey("2")}, {Name: "b"},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Address.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestAddressIsAJSONKey(t *testing.T) {
	want := map[Address]int{{"shot", TextKey(`"`)}: 1}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got map[Address]int
	if err := json.Unmarshal(text, &got); err != nil || got[Address{"shot", TextKey(`"`)}] != 1 {
		t.Errorf("%s is read as %v, %v", text, got, err)
	}
}

func TestAddressInAModuleIsRefusedByName(t *testing.T) {
	if _, err := ParseAddress(`module.x.task.hero["cat"]`); err == nil || !strings.Contains(err.Error(), "there are no modules") {
		t.Errorf("error: %v", err)
	}
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"task.hero", "task.shot[3]", `task.shot["a\"b"]`, `task.shot["$${x}"]`, `task.shot["$$${x}"]`} {
		f.Add(seed, "key")
	}
	f.Add("", "$${")
	f.Add("", "%%%{")
	f.Fuzz(func(t *testing.T, text, key string) {
		if a, err := ParseAddress(text); err == nil {
			roundTrip(t, a)
		}
		if utf8.ValidString(key) {
			roundTrip(t, Address{"shot", TextKey(key)})
		}
	})
}

func roundTrip(t *testing.T, a Address) {
	t.Helper()
	if again, err := ParseAddress(a.String()); err != nil || again != a {
		t.Errorf("%#v is written %s and read as %#v, %v", a, a, again, err)
	}
}
