"""The models of flows."""

from features.flows.models.account_workflow import AccountWorkflow
from features.flows.models.flow import Flow
from features.flows.models.flow_run import FlowRun, StepRun

__all__ = ["AccountWorkflow", "Flow", "FlowRun", "StepRun"]
