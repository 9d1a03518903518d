package view

// lineType is one type of line that the JSON view writes.
type lineType struct {
	name    string
	meaning string
	payload any // the zero value of what is its own
}

// lineTypes are all of them, in the order in which they come.
func lineTypes() []lineType {
	return []lineType{
		{"version", "The first line.", versionLine{}},
		{"log", "A note: something to know that is no error.", logLine{}},
		{"diagnostic", "An error or a warning, of the configuration, the command line, or why the command ends early.", diagnosticLine{}},

		{"planned_change", "What the plan has for one instance; those with nothing to do have none.", plannedChangeLine{}},
		{"change_summary", "The sums of the plan.", changeSummaryLine{}},
		{"explanation", "What plan -explain has to say of one instance.", explanationLine{}},

		{"budget", "How much of a budget is committed: as a run begins, and once it is four fifths.", budgetLine{}},
		{"run_progress", "The heartbeat: how far the run is, as it begins and then every 10 s, whatever happens.", runProgressLine{}},
		{"apply_start", "The turn of an instance has come: it is submitted, or asked for.", hookLine{}},
		{"task_submitted", "A submit was accepted: its task ID is on disk.", hookLine{}},
		{"task_unrecorded", "A submit was accepted, and the state cannot hold its task ID.", hookLine{}},
		{"task_refused", "A submit was refused: nothing was created, and it will be repeated.", hookLine{}},
		{"task_in_doubt", "A submit may have been accepted, and nobody knows. It is not repeated.", hookLine{}},
		{"spend", "What a submit did to the money of this run.", spendLine{}},
		{"task_status", "The API gives a task that runs another state.", statusLine{}},
		{"apply_progress", "A task still runs: with each heartbeat, for the 100 that run the longest.", hookLine{}},
		{"task_succeeded", "The result is recorded, and its files are still to come.", hookLine{}},
		{"download_start", "A file is being fetched; once for each try.", downloadLine{}},
		{"download_progress", "A file is still being fetched: every 5 s.", downloadLine{}},
		{"download_complete", "A file is on disk.", downloadLine{}},
		{"download_errored", "A file could not be had; apply_errored follows.", downloadLine{}},
		{"apply_complete", "An instance is done: its result is recorded, and all files are on disk.", hookLine{}},
		{"apply_errored", "A task has failed, or its files could not be had. Behind hook.failure.retryable a new attempt may follow.", hookLine{}},
		{"task_retrying", "A task has failed, and a new attempt follows in this run.", hookLine{}},
		{"task_detached", "The run does not wait for a task any longer. It runs on, and is paid for.", hookLine{}},
		{"task_skipped", "An instance is not submitted, because of another.", hookLine{}},
		{"task_moved", "A record has a new address.", hookLine{}},
		{"task_imported", "A task that was bought elsewhere is the instance's now.", hookLine{}},
		{"task_settled", "A webhook told what became of a submit in doubt.", hookLine{}},
		{"record_dropped", "A record has left the state, as a removed block asks.", hookLine{}},
		{"odd_answer", "The API gave an answer that makes no sense; the detail says what was made of it.", hookLine{}},
		{"rate_limited", "The API refuses calls of a model, and all of them wait.", rateLimitedLine{}},
		{"webhooks_missing", "Webhooks do not come, or the API makes none.", detailLine{}},
		{"stopping", "No further submits in this run.", stoppingLine{}},
		{"events_dropped", "The reader took nothing for too long, and lines are missing here.", eventsDroppedLine{}},

		{"run_summary", "What the run came to: its end.", runSummaryLine{}},
		{"outputs", "The values of the output blocks.", outputsLine{}},
	}
}
