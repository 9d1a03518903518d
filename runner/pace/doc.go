// Package pace decides when the calls of a run may start, so that a run is
// about as fast as the API allows and is hardly ever refused.
//
// Every call waits for a [Ticket] and reports how it went:
//
//	Wait(model, Refresh) --> lane: refreshes --+
//	Wait(model, Submit)  --> lane: submits   --+--> scope: model --+
//	Wait(model, Poll)    --> lane: polls     --+                   +--> key --> start
//	                                                scope: model --+
//
//	Ticket.Succeeded, Ticket.Refused --> the scope's pace
//
// A call may start when its scope and the key both allow it. Refreshes go first,
// since a result that is paid for expires; then submits, which fill slots; then
// polls, which empty them. A call that has waited for 2 s has waited long enough,
// whatever its class: where several could go, and classes do not decide, the lane
// whose last turn is longest ago goes, so that nothing starves. Within a lane calls
// start in the order in which they came.
//
// # Declared limits
//
// A declared limit is a token bucket with a small burst. In no minute, wherever
// it begins, do more calls start than declared, less 2 % of headroom: calls that
// start evenly reach the API unevenly.
//
// # The learned pace
//
// Limits of the API are mostly unknown, so the spacing between two starts is
// learned from refusals (429), beside any declared limit:
//
//   - A refusal slows every call of the scope, once: the spacing doubles, and
//     nobody starts before the greater of it and Retry-After has passed.
//   - A refusal of a call that started before the last slow-down says nothing
//     new and is ignored. One overload meets every call that is out; counting
//     each would stop the scope many times for it.
//   - The spacing of the refused call is remembered as the guess at the limit.
//     Successes shorten the spacing by an eighth each until it is near the guess,
//     and then carefully. Successes of calls that did not have to wait change
//     nothing: they would have come no sooner at a quicker pace.
//   - While less than 8 % of the newest 64 calls were refused, a further refusal raises
//     the guess by a little over 1 % only; else by a quarter, or, right after a
//     slow-down, to twice what it was. At first 16 calls are counted as let in, so that
//     one early refusal is not many. A guess that leaps so may be far too slow: until a
//     refusal confirms it, calls that wait quicken by a factor of e in 20 s, and the
//     share begins anew.
//   - A guess rises only as long as slowing down helps; see below.
//   - Where refusals came after about as many calls each, they are a limit and no
//     chance, and the spacing that the calls had between them is the guess, however rare
//     they were: an allowance that is used up each time. Three in a row that are within
//     a fifth of each other say so whatever else is known, as chance has it once in 140
//     times; four within a half, if no chance is known of.
//   - A refusal with no success since the last slow-down pauses the calls, and
//     leaves the guess: of an outage there is nothing to learn. Once only, when a
//     first pause has not helped, the guess becomes what calls were let in at since
//     that last was so, but at most 50 ms, or four times what it was.
//   - Starts are counted from when they were due, where the machine is up to 2 ms late.
//   - The guess ages. Near it a success shortens the spacing by 1/4,000, and by as
//     much as the spacing is of 10 minutes (at most 1/500), faster after each; at
//     half the guess it is forgotten.
//   - A second slow-down with no success in between pauses the scope for 5 s,
//     the next for 15 s, further ones for 60 s each, all with up to a quarter
//     more at random. If it was a submit, submits alone pause: whether polls are
//     let in is what tells the two kinds of limits apart.
//
// A pace without the second point is slower than independent retries; one
// without the third is refused as often as they are, since it forgets at each
// recovery what it had learned.
//
// # A limit, or chance?
//
// Providers refuse some calls whatever the pace. Were each counted in full, the guess
// would rise with every refusal, and 2 % of them would slow a run down without end. One
// refusal does not tell which it is; what slowing down does to their share tells. A
// limit L refuses 1 - L/pace of the calls above it, and none below; chance refuses
// the same share at every pace. After each slow-down there are calls to compare: those
// that start at 5/4 of the guess or more, while the pace recovers (slow), and the
// others (near). They are compared twice: by the guess as it is, of the newest 256
// answers, and by one that stays as long as slowing down is not seen to help, so that
// slow calls become many as the guess rises, of the newest 1,024 answers of each kind.
//
//   - The first 150 answers are not asked: until then each refusal counts, one that
//     follows a pause too, or a limit that is far off would refuse slow calls as well,
//     and be taken for chance. It is what a short run pays for chance of 10 % and more.
//   - Three refusals among the slow calls, and no more than a third of these, are
//     chance, of that share. Each call let in then earns 1.4 times the share, up to
//     about five; a refusal for which that is there is forgiven: it slows nobody
//     down. So refusals at more than 1.4 times the share still count, and soon, and a
//     fourth of submits or of polls in a row always.
//   - Slowing down helps if fewer of the slow calls were refused than of those near the
//     guess, by 1.5 standard deviations of the difference. Until that is seen,
//     and once slow calls were refused too, the guess does not rise above twice the one
//     that is compared with, and where chance is known of not at all: who is refused
//     whatever he does need not be slower. Afterwards the new guess is that one.
//   - The newest answers overrule what was known before, by 2 standard deviations: a
//     limit that has just fallen refuses slow calls too, until the guess has reached it.
//   - A guess is put on trial where three refusals near it may be of chance, or eight
//     of which nothing is known: it is lowered by a quarter, what was near it counts as
//     slow, and again, as long as it is not seen that more is refused. If it is, the
//     guess is what it was, and the next trial asks for twice as many refusals, up to
//     eight times as many.
//   - Where a guess is forgotten, the share of chance is kept, for three refusals' worth
//     of calls.
//
// Finishing times, tasks of 3 s, 100 at a time, no limit; with own backoff per call, and
// with this package (TestChanceDoesNotSlowARunDown, TestASpellThatEndsIsForgotten;
// means of some seeds; 20 % is more than it copes with well):
//
//	refused whatever the pace     tasks    own backoff   this package
//	1 %                          10,000        6.5 min        6.6 min
//	2 %                          10,000        6.5 min        6.7 min
//	5 %                          10,000        6.6 min        7.2 min
//	10 %                         10,000        7.0 min        9.1 min
//	2 %                           1,000           45 s           55 s
//	5 %                           1,000           47 s           65 s
//	10 %                          1,000           49 s        3.7 min
//	20 %                          1,000           65 s         16 min
//	15 % for a minute             1,000           50 s           64 s
//	all for a minute              1,000          137 s          143 s
//	all for 5 minutes             1,000          6.1 min        6.4 min
//
// # The comparison
//
// BenchmarkStrategies compares clients in virtual time: 1,000 tasks, calls of 100 ms, so
// many tasks at a time; finishing time and share of refused calls, means of 3 runs.
//
//	limit, tasks at a time   own backoff       every refusal     no memory of      this package
//	                         per call          doubles           the limit
//	5 per s, 64              21.7 min, 30 %    23.5 min, 14 %    23.0 min, 31 %   21.6 min, 1.2 %
//	5 per s, 256             13.6 min, 73 %    13.9 min, 22 %    11.1 min, 44 %    8.2 min, 1.5 %
//	10 per s, 256             9.2 min, 60 %    14.4 min, 21 %     7.8 min, 41 %    6.7 min, 1.0 %
//	20 per s, 256             6.2 min, 43 %    27.2 min, 31 %     6.4 min, 49 %    6.1 min, 1.1 %
//	300 per min, 256         12.1 min, 66 %    11.1 min, 20 %    11.2 min, 24 %    9.1 min, 2.0 %
//	4,000 per min, 100        1.2 min, 30 %    10.6 min, 20 %     0.9 min, 53 %    0.8 min, 2.1 %
//	none, 2 % noise, 100     0.8 min, 2.0 %    0.8 min, 2.0 %    0.8 min, 2.0 %    0.9 min, 2.0 %
//	3,000 and noise, 64       1.6 min, 24 %     11.1 min, 9 %     1.3 min, 36 %    1.3 min, 3.7 %
//	10 per s and noise, 256   9.2 min, 60 %    17.2 min, 21 %     7.9 min, 39 %    7.2 min, 2.7 %
//
// # From one run to the next
//
// What was found (Found) may be kept, and the next run begins with it (Begin): at
// that spacing, and with so many tasks. It is a guess that decays, to half in 8 hours,
// and never makes a run begin quicker than one that knows nothing. Until a refusal
// confirms it, calls that wait quicken by a factor of e in 20 s, so that a limit that
// is gone is left soon; one that stands refuses by then, and is taken over as it was.
//
// # Whose limit was it?
//
// A 429 does not say whether the model, the key or the provider behind it had
// enough. It slows the model's scope. Were it charged to the key, one model with
// a small limit would stop all the others; if it was the key's limit after all,
// each model learns that by a refusal of its own. It does not say either whether
// calls or running tasks were too many. What helps tells: where submits are refused
// again at a pace that polls are let in at, three at least, time does not help, so the
// end of a task must. From then on each end lets one submit go, and now and then one
// more, to find out whether there is room again; the pace is left as it is (room.go). A
// further refusal is of the same kind if as many tasks run as at the last one, or, in a
// room that this run has seen full, if none of the newest 64 polls slowed the scope;
// otherwise it may be the pace's, and is counted there: both limits may bind. After a
// minute a submit goes although no task has ended. If it is let in, two go for it, and
// eight without a refusal say that it was no such limit.
//
// # Cost
//
// There is no goroutine and no polling. One timer per Group is set to the next
// start; it and every answer hand out the turns that are due, each to the one
// waiter that it is for. A grant looks at the lanes in which somebody waits, not
// at the waiters. A waiter whose context ends leaves in constant time, and a
// grant that crossed with the end goes to the next.
package pace
