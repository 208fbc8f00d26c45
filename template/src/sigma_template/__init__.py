"""What this plugin brings to Sigma."""

from sigma_template.sign_descent import SignDescent

__all__ = ["SignDescent"]
