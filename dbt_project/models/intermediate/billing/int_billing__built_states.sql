{#
  The states that this run built from. Written last, when every table of touched customers is there: a
  run that fails before leaves the former states, and the next touches the same customers again.

  depends_on: {{ ref("int_billing__payment_attempts") }}, {{ ref("invoices") }}
#}
select tenant_id, customer_key, state from {{ ref("int_billing__customer_states") }}
