"""Questions before they are asked: like ones, what is known already, and what asking comes to."""
