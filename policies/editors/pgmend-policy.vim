" Vim syntax file
" Language: pgmend policies (*.policy), version 1
"
" In a vimrc:  autocmd BufRead,BufNewFile *.policy setfiletype pgmend-policy

if exists("b:current_syntax")
  finish
endif

syntax case match
" A fact is one word, with its dot; so is a label, with its hyphens.
syntax iskeyword @,48-57,_,-,.

syntax keyword pgmendHead pgmend-policy layer extends sha256 include default
syntax keyword pgmendHead org team local inherit
syntax keyword pgmendDefinition tables columns types names window
syntax keyword pgmendAllow allow
syntax keyword pgmendEscalate escalate
syntax keyword pgmendDeny deny
syntax keyword pgmendClause type from when approvers expires with reason
syntax keyword pgmendClause on except as any
syntax keyword pgmendLogic and or not in like has
syntax keyword pgmendTest assert never test given clock today expect
syntax keyword pgmendTest replay mapping by floor
syntax keyword pgmendOperation add_column widen_type alter_type drop_not_null
syntax keyword pgmendOperation set_default add_enum_value create_partition
syntax keyword pgmendOperation create_table add_constraint comment replay
syntax keyword pgmendOperation replay_mapping
syntax keyword pgmendSection limits model disclose approve alert audit
syntax keyword pgmendSection signing sandbox mcp
syntax keyword pgmendSetting batch_rows detect endpoints file fsync full
syntax keyword pgmendSetting groups idle_in_transaction_timeout ids
syntax keyword pgmendSetting lock_timeout lock_wait_hour masked max_attempts
syntax keyword pgmendSetting max_calls_day max_calls_fingerprint_day max_cost
syntax keyword pgmendSetting max_cost_day max_input_bytes max_rows max_tokens
syntax keyword pgmendSetting max_turns namespace on_failure on_timeout
syntax keyword pgmendSetting planner propose replay_rows require
syntax keyword pgmendSetting retain_prompts separate_author shape signers
syntax keyword pgmendSetting statement statement_timeout thinking timeout
syntax keyword pgmendSetting timezone
syntax keyword pgmendValue yes no none

syntax keyword pgmendFact table.rows table.size table.columns
syntax keyword pgmendFact table.columns_used table.partitioned
syntax keyword pgmendFact table.is_partition table.owner table.published
syntax keyword pgmendFact table.publications table.subscribed table.views
syntax keyword pgmendFact table.triggers table.fk_in table.rls table.age
syntax keyword pgmendFact column.name column.type column.nullable
syntax keyword pgmendFact column.has_default column.views column.indexed
syntax keyword pgmendFact column.in_key column.pii default.volatility
syntax keyword pgmendFact change.rewrite change.scan change.lossy change.lock
syntax keyword pgmendFact constraint.kind partition.strategy stmt.actions
syntax keyword pgmendFact risk incident.sqlstate
syntax keyword pgmendFact incident.pipeline incident.source incident.rejected
syntax keyword pgmendFact incident.age incident.witnesses replay.conflict
syntax keyword pgmendFact replay.session_dependent mapping.transform
syntax keyword pgmendFact mapping.lossy model.id model.confidence model.risk
syntax keyword pgmendFact rate.table_hour rate.table_day rate.schema_day
syntax keyword pgmendFact rate.pipeline_day rate.total_day db.name db.role
syntax keyword pgmendFact db.in_recovery db.replica_lag

syntax match pgmendList "@[A-Za-z_][A-Za-z0-9_-]*"
syntax match pgmendNumber "\<[0-9][0-9_]*\(ms\|s\|min\|h\|d\|B\|kB\|MB\|GB\|TB\|%\)\?"
syntax match pgmendNumber "\<[0-9]\{4}-[0-9][0-9]-[0-9][0-9]\>"
syntax match pgmendNumber "\<[0-9][0-9]:[0-9][0-9]\>"
syntax region pgmendString start=+"+ skip=+\\[\\"]+ end=+"+ oneline
syntax match pgmendComment "#.*$" contains=@Spell

highlight default link pgmendHead PreProc
highlight default link pgmendDefinition Define
highlight default link pgmendAllow Statement
highlight default link pgmendEscalate Todo
highlight default link pgmendDeny Exception
highlight default link pgmendClause Keyword
highlight default link pgmendLogic Operator
highlight default link pgmendTest Special
highlight default link pgmendOperation Function
highlight default link pgmendSection Structure
highlight default link pgmendSetting Identifier
highlight default link pgmendFact Type
highlight default link pgmendValue Constant
highlight default link pgmendList Identifier
highlight default link pgmendNumber Number
highlight default link pgmendString String
highlight default link pgmendComment Comment

let b:current_syntax = "pgmend-policy"
