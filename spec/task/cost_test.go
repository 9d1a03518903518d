package task

import (
	"math"
	"testing"
)

func TestCosts(t *testing.T) {
	for _, c := range []struct {
		text          string
		cost          Cost
		decimal, full string
	}{
		{"0", 0, "0.00", "$0.00"},
		{"25", 25 * USD, "25.00", "$25.00"},
		{"0.03", 30_000, "0.03", "$0.03"},
		{"0.035", 35_000, "0.035", "$0.035"},
		{"0.000001", 1, "0.000001", "$0.000001"},
		{"-1.5", -1_500_000, "-1.50", "-$1.50"},
		{"-0.05", -50_000, "-0.05", "-$0.05"},
		{"9223372036854.775807", 1<<63 - 1, "9223372036854.775807", "$9223372036854.775807"},
		{"-9223372036854.775808", -1 << 63, "-9223372036854.775808", "-$9223372036854.775808"},
	} {
		got, err := ParseUSD(c.text)
		if err != nil || got != c.cost {
			t.Errorf("%s is read as %d, %v", c.text, got, err)
		}
		if got.Decimal() != c.decimal || got.String() != c.full {
			t.Errorf("%s is written %s and %s", c.text, got.Decimal(), got)
		}
	}
}

func TestBadCosts(t *testing.T) {
	for _, text := range []string{
		"", "$1", "1,5", "1e3", "1/3", "0x10", "0b1", "0o7", "1_000", "NaN", "Inf", "0.0000001", "9223372036854.775808", " 1",
	} {
		if got, err := ParseUSD(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

func TestSumsThatAreTooLargeDoNotWrap(t *testing.T) {
	const most = Cost(math.MaxInt64)
	for _, test := range []struct{ a, b, want Cost }{
		{1, 2, 3}, {-1, 2, 1}, {2, -5, -3}, {most, 0, most}, {most, 1, most}, {most, most, most}, {most - 1, 1, most}, {-5, most, most - 5},
	} {
		if got := test.a.Plus(test.b); got != test.want {
			t.Errorf("%d + %d = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func FuzzParseUSD(f *testing.F) {
	f.Add("0.03")
	f.Add("-12.345678")
	f.Fuzz(func(t *testing.T, text string) {
		cost, err := ParseUSD(text)
		if err != nil {
			return
		}
		if again, err := ParseUSD(cost.Decimal()); err != nil || again != cost {
			t.Errorf("%q is %d, written %s and read as %d, %v", text, cost, cost.Decimal(), again, err)
		}
	})
}
