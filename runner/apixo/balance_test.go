package apixo

import (
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
)

func TestBalanceInMicroDollars(t *testing.T) {
	var path string
	c := newClient(t, transport(func(r *http.Request) (*http.Response, error) {
		path = r.URL.Path
		return answering(200, sample(t, "balance.json"))(r)
	}))
	got, err := c.Balance(t.Context())
	if err != nil || got != 74_870_000 || path != "/api/v1/apikeys/current-balance" {
		t.Errorf("balance %d, %v at %s", got, err, path)
	}
}

func TestParseBalance(t *testing.T) {
	const bad = math.MinInt64
	for given, want := range map[string]int64{
		"0": 0, "1": 1e6, "0.1": 100_000, "0.000001": 1, "0.0000019": 1, "-0.0000001": -1, "-1.5": -1_500_000,
		"74.87": 74_870_000, `"74.87"`: 74_870_000, "7.487e1": 74_870_000, "99999999999.999999": 99_999_999_999_999_999,
		"1e-999999999": 0, "0e999999999": 0,
		"1e12": bad, "-1e12": bad, "1e400": bad, "null": bad, `""`: bad, `"many"`: bad, `"NaN"`: bad, `"Inf"`: bad, "{}": bad, "[1]": bad, "true": bad, "": bad,
		"1." + strings.Repeat("0", 80): bad,
	} {
		got, err := parseBalance([]byte(given))
		if err != nil {
			got = bad
		}
		if got != want {
			t.Errorf("balance %s is %d, %v; want %d", given, got, err, want)
		}
	}
}

func TestBalanceErrorCarriesTheAnswer(t *testing.T) {
	_, err := newClient(t, answering(401, sample(t, "error_401.json"))).Balance(t.Context())
	var refused *AnswerError
	if !errors.As(err, &refused) || refused.Answer.Status() != 401 {
		t.Fatalf("error is %#v", err)
	}
	if want := `read the balance: the API answered 401: "Invalid or missing API key"`; err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
	for _, body := range []string{"<html>", `{"code":200,"data":null}`, `{"code":200}`} {
		_, err := newClient(t, answering(200, body)).Balance(t.Context())
		if !errors.As(err, &refused) || refused.Answer.Err == nil {
			t.Errorf("%s: error is %v", body, err)
		}
	}
}
