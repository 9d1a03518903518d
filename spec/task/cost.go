package task

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Cost is an amount of money in micro-dollars (1 USD = 1,000,000). Whole
// micro-dollars keep sums exact; people are shown decimals.
type Cost int64

// USD is one dollar.
const USD Cost = 1_000_000

// Plus is c + d, or the largest amount there is if that has no room for the sum:
// prices without sense come to more than any budget, not to less than nothing.
func (c Cost) Plus(d Cost) Cost {
	if d > 0 && c > math.MaxInt64-d {
		return math.MaxInt64
	}
	return c + d
}

// ParseUSD reads a decimal number of dollars such as "25", "0.035" or "-1.5".
// More than six decimals is an error: no price is silently rounded.
func ParseUSD(s string) (Cost, error) {
	amount, ok := new(big.Rat).SetString(s)
	if !ok || strings.Trim(s, "+-.0123456789") != "" {
		return 0, fmt.Errorf("%q is not an amount in US dollars such as 2.50", s)
	}
	micros := amount.Mul(amount, big.NewRat(int64(USD), 1))
	if !micros.IsInt() {
		return 0, fmt.Errorf("%q has more than six decimals; prices are kept in millionths of a dollar", s)
	}
	if !micros.Num().IsInt64() {
		return 0, fmt.Errorf("%q is too large for an amount in US dollars", s)
	}
	return Cost(micros.Num().Int64()), nil
}

// Decimal is the amount in dollars with two to six decimals: "0.03", "0.035".
func (c Cost) Decimal() string {
	sign, n := "", uint64(c)
	if c < 0 {
		sign, n = "-", -n
	}
	fraction := strings.TrimRight(fmt.Sprintf("%06d", n%uint64(USD)), "0")
	return fmt.Sprintf("%s%d.%s", sign, n/uint64(USD), fraction+strings.Repeat("0", max(0, 2-len(fraction))))
}

// String is the amount as people read it: "$0.03", "-$1.50".
func (c Cost) String() string {
	if c < 0 {
		return "-$" + c.Decimal()[1:]
	}
	return "$" + c.Decimal()
}
