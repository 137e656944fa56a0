"""The models of flows."""

from flows.models.account_workflow import AccountListing, AccountWorkflow
from flows.models.flow import Flow
from flows.models.flow_run import FlowRun, StepFile, StepRun

__all__ = ["AccountListing", "AccountWorkflow", "Flow", "FlowRun", "StepFile", "StepRun"]
