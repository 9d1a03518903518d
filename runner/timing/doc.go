// Package timing learns how long tasks take, and says when a task is best asked
// for.
//
// # What is learned
//
// Only the API's own completeTime - createTime (API document, section 4) is learned
// from, never when an end was found: who learns from that waits longer, finds ends
// later, and learns to wait longer still. Captured times are whole seconds, so such
// a time counts as any within about a second.
//
// Times are counted in bins of equal ratio, about the newest 200 of them, for each
// model and for each variant of it: mode, resolution and duration as the input has
// them. A variant begins with what its model takes, which counts as four times of
// its own; so it differs where its own times do. Underneath lies what the catalog
// says, which counts as one time. Each time is spread over those around it, the
// wider the fewer there are.
//
//	catalog (weight 1) --+
//	model   (at most 4) -+--> density --> curve: the share that still runs, by age
//	variant (all) -------+
//
// Nothing of this is stored. A state's results hold both times, and a run begins by
// recalling the newest of them.
//
// # When to ask
//
// A task that was last seen running wastes its slot from its end until it is found.
// The next question is asked when the waste that is expected by then has reached
// the price of a question:
//
//	              now
//	waste(now) =   ∫  1 - alive(t)/alive(seen)  dt  >=  0.0125 x median
//	              seen
//
// So questions are dense where tasks are likely to end, the first comes at about
// two thirds of the median, and what runs longer than all others is asked for ever
// more rarely. This is the inspection problem of Barlow, Hunter and Proschan (1963,
// "Optimum checking procedures"); where questions are dense the rule is Keller's
// (1974, "Optimum checking schedules for systems subject to random failure"), who
// asks at intervals of sqrt(2 price / hazard). The price is where the finishing time
// costs no more than about 6 questions a task. Two bounds hold besides: questions
// are 0.2 s and 2 % of the median apart at least, and the median, or a tenth of the
// task's age, at most, which bounds the lag; the first comes after twice the median at
// the latest.
//
// Where a limit binds, more tasks are due than calls may start. They are asked for in
// the order in which they fell due, which is as good as asking for the most likely
// first, and as the best schedule that there is: see the table.
//
// # When nothing is known
//
// What a page says of a model may be wrong by any factor. Until the first time was
// learned, the first tasks stand on a ladder of ages, each asked for once, from an
// eighth of the usual time upwards. The first answer corrects all others: whoever
// waits is told by the channel that Next returns. While few times are known a
// question costs more, because the first ends that are found are the quick ones.
//
// # What may be wrong
//
// Times of earlier runs are believed less. They may be of a bad night, or by a clock
// that is wrong. So no question comes later than at four times what is sure: the
// longest time of this run, or what the documents say. A task that still runs then is
// asked for again at twice its age. Until a time of this run is known, questions
// are an eighth of the usual time apart at least. Three times of this run that cannot
// be, because the task was seen to run longer, or was accepted later, have all others
// forgotten as well.
//
// # What people are shown
//
// A Forecast is of learned times alone: what a page says is good enough to begin to ask
// by, and the first answer corrects it, but nobody corrects what a person was promised.
//
// # The comparison
//
// BenchmarkPolicies compares policies in a model of the same work: 1,000 tasks,
// lognormal with a median of 3 s and a deviation of 0.5, 100 at a time, submits
// first, against a list schedule that knows of each end at once. Finishing time over
// that, questions per task, and the lag at 50 %, 95 % and worst, as shares of the
// median; mean of 10 seeds, worst of all. The policies other than this package's
// learning one are told the distribution or the median.
//
//	policy                              3,900 calls a minute            no limit
//	one question, at the very end     1.015  1.00  0.00  0.01  0.20   1.001   1.00  0.00  0.00  0.00
//	fixed, as the API document        1.560  1.18  0.76  1.26  1.78   1.533   1.18  0.74  1.23  1.54
//	fixed, scaled: 1.25 s, 0.75 s     1.258  2.03  0.31  0.65  0.80   1.094   4.36  0.13  0.24  0.29
//	geometric: 1 s, then x 1.25       1.298  2.05  0.33  0.76  1.51   1.121   6.40  0.11  0.37  1.29
//	geometric: 1 s, then x 1.1        1.254  2.03  0.31  0.64  0.94   1.050  12.91  0.05  0.15  0.46
//	0.7 x median, then 0.1 x          1.225  1.99  0.28  0.62  0.96   1.058   6.07  0.06  0.26  0.58
//	the best schedule, price 0.04 s   1.231  2.01  0.29  0.57  0.86   1.057   5.74  0.07  0.15  0.44
//	the best schedule, price 0.2 s    1.240  1.91  0.29  0.59  1.08   1.122   2.90  0.15  0.34  0.91
//	this package, learning            1.235  1.99  0.29  0.58  0.84   1.059   5.93  0.07  0.16  0.67
//
// So under the limit no schedule that knows only the distribution comes below some
// 1.22: calls are what is scarce, and every policy that is not far off spends them
// all. The price of a question does matter where there is no limit.
package timing
