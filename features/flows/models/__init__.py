"""The models of flows."""

from features.flows.models.account_workflow import AccountListing, AccountWorkflow
from features.flows.models.flow import Flow
from features.flows.models.flow_run import FlowRun, StepFile, StepRun

__all__ = ["AccountListing", "AccountWorkflow", "Flow", "FlowRun", "StepFile", "StepRun"]
